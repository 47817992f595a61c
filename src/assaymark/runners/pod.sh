# The self-reporting job inside a container of a pod: for any POSIX sh with cat, date, mkdir, od, sleep and tr.
# Above this stand the assignments mark, index, limit, outputs (names, one a line), mounted (where the folder `home` lies
# if that is a mount of its own) and the functions `inputs` and `run`.
# All that is known afterwards is printed at the end, between two lines that carry the mark: a pod leaves nothing else.
# The status of this script is that of the command, as the second witness.
home=${TMPDIR:-/tmp}/assaymark.$$
if ! mkdir -p "$home/work" || ! cd "$home/work"; then
  echo 'assaymark: no folder to work in' >&2
  exit 125
fi
umask 022
inputs
began=$(date +%s 2> /dev/null)
state=exited child='' guard=''
printf -- '-----BEGIN ASSAYMARK STARTED %s %s-----\n' "$mark" "${began:-0}"

separate=''
command -v setsid > /dev/null 2>&1 && separate=setsid
end_child() { kill "-$1" "-$child" 2> /dev/null || kill "-$1" "$child" 2> /dev/null; }
stop() {
  state=$1
  end_child TERM
  # What does not heed it is killed.
  (sleep 3; end_child KILL) > /dev/null 2>&1 &
}
trap 'stop timed-out' USR1
trap 'stop terminated' TERM INT HUP
(
  trap - USR1 TERM INT HUP
  ASSAYMARK_INDEX=$index HOME=${mounted:-$PWD}
  export ASSAYMARK_INDEX HOME
  run
) > "$home/out" 2> "$home/err" < /dev/null &
child=$!
(sleep "$limit"; kill -USR1 $$) > /dev/null 2>&1 &
guard=$!
code=0
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2> /dev/null || break
done
end_child KILL
kill "$guard" 2> /dev/null
trap '' USR1 TERM INT HUP

hex() { od -An -v -tx1 < "$1" | tr -d ' \n'; }
last() { # of a file, at most so many bytes
  if command -v tail > /dev/null 2>&1; then tail -c 65536 "$1" > "$home/tail"; else cat "$1" > "$home/tail"; fi
  hex "$home/tail"
}
ended=$(date +%s 2> /dev/null)
node=$(uname -n 2> /dev/null | tr -cd 'A-Za-z0-9._-')
kernel=$(uname -srm 2> /dev/null | tr -cd 'A-Za-z0-9 ._+-')
user=$(id -u 2> /dev/null)
[ "$state" = exited ] || code=124
printf -- '\n-----BEGIN ASSAYMARK RESULT %s-----\n' "$mark"
printf 'state %s\ncode %s\nbegan %s\nended %s\nnode %s\nkernel %s\nuid %s\n' "$state" "$code" "${began:-0}" \
  "${ended:-0}" "${SLURMD_NODENAME:-$node}" "$kernel" "$user"
printf 'out %s\n' "$(last "$home/out")"
printf 'err %s\n' "$(last "$home/err")"
printf '%s\n' "$outputs" | while IFS= read -r name; do
  place=$name
  case $mounted,$name in ?*,home/*) place=$mounted/${name#home/} ;; esac
  part=$place
  while [ -n "$part" ]; do
    [ ! -h "$part" ] || { part=link; break; }
    case $part in */*) part=${part%/*} ;; *) part='' ;; esac
  done
  if [ -z "$part" ] && [ -n "$name" ] && [ -f "$place" ]; then
    printf 'file %s %s\n' "$(printf '%s' "$name" | od -An -v -tx1 | tr -d ' \n')" "$(hex "$place")"
  fi
done
printf -- '-----END ASSAYMARK RESULT %s-----\n' "$mark"
exit "$code"
