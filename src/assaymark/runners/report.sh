#!/bin/sh
# The self-reporting job: runs one command and writes the verdict on it, for any POSIX sh (dash, busybox).
#   report.sh FOLDER INDEX
# FOLDER holds `limits` (shell assignments: limit_seconds, limit_memory in KiB, grace, needs), `command` (a script), and
# perhaps `examine` and `cleanup` (others, for the time after it). Everything about this copy is written into
# FOLDER/runs/INDEX: `started`, `out`, `err`, at the end `result.json`, whole or not at all. Only this script writes
# there; the command starts in `work` below it.
folder=$1 index=$2
run=$folder/runs/$index
umask 077
limit_seconds=600 limit_memory=0 grace=5 needs=''
# shellcheck source=/dev/null
. "$folder/limits" || exit 125
mkdir -p "$run/work" || exit 125
# A copy runs once: who comes second (a restarted job, a second controller) leaves what is there.
mkdir "$run/claimed" 2> /dev/null || exit 0
# A node without the container engine says nothing about what was to run in it.
for program in $needs; do
  command -v "$program" > /dev/null 2>&1 && continue
  printf 'there is no %s where it was to run\n' "$program" > "$run/why"
  exit 125
done
[ ! -d "$folder/in" ] || cp -R "$folder/in/." "$run/work" || exit 125
# The user inside a container may be another one, in our group; nobody else gets past the folder above.
chmod -R g+rwX "$run/work" || exit 125

# Few processes are started here: on a busy node each one costs more than the rest of this script.
# Seconds that no clock being set can disturb, where the system has them.
ticks() { if [ -r /proc/uptime ]; then read -r up rest < /proc/uptime; else up=$(date +%s); fi; }
value() { # of a file, the rest of the first line that starts with a word
  found=''
  [ -r "$1" ] || return 0
  while read -r line; do
    case $line in "$2"*) found=${line#"$2"}; return 0 ;; esac
  done < "$1"
}
began=$(date +%s)
ticks
tick=$up
value /etc/os-release PRETTY_NAME=
system=$found
value /proc/meminfo MemTotal:
memory=$found
processors=$(grep -c '^processor' /proc/cpuinfo 2> /dev/null)
# Whatever stands there, nothing of it can end the text that it is put into.
printf '%s\n' "${SLURMD_NODENAME:-$(uname -n)}" "$system" "$(uname -srm)" "$processors" "$memory" "$(id -u)" \
  "${SLURM_JOB_ID:-}" "${job_id:-}" | tr -cd 'A-Za-z0-9 ._:/+()#@=,\n-' > "$run/facts"
{
  read -r node
  read -r system
  read -r kernel
  read -r processors
  read -r memory
  read -r user
  read -r scheduler
  read -r job_id
} < "$run/facts"
rm -f "$run/facts"
host="{\"node\": \"$node\", \"system\": \"$system\", \"kernel\": \"$kernel\", \"processors\": \"$processors\", "
host="$host\"memory\": \"$memory\", \"uid\": \"$user\", \"scheduler_job\": \"$scheduler\"}"
printf '%s\n' "$host" > "$run/host"
printf '%s %s\n' "$began" "$$" > "$run/started.tmp" && mv "$run/started.tmp" "$run/started" || exit 125

state=exited child='' guard=''
end_child() { [ -z "$child" ] || kill "-$1" "-$child" 2> /dev/null || kill "-$1" "$child" 2> /dev/null; }
stop() { # why: ask the command to end, then make it; who asks first gives the reason
  [ "$state" != exited ] || state=$1
  end_child TERM
  (
    left=$grace
    while [ "$left" -gt 0 ] && kill -0 "$child" 2> /dev/null; do sleep 1; left=$((left - 1)); done
    end_child KILL
  ) &
}
# While they start it is only noted: what `stop` starts would be taken for one of them.
trap '[ "$state" != exited ] || state=timed-out' USR1
trap '[ "$state" != exited ] || state=terminated' TERM INT HUP

separate=''
command -v setsid > /dev/null 2>&1 && separate=setsid
(
  [ "$limit_memory" -eq 0 ] || ulimit -v "$limit_memory" || exit 125
  ulimit -c 0
  umask 022
  cd "$run/work" || exit 125
  ASSAYMARK_INDEX=$index
  export ASSAYMARK_INDEX
  # The traps above are not the command's.
  trap - USR1 TERM INT HUP
  exec $separate /bin/sh "$folder/command" > "$run/out" 2> "$run/err" < /dev/null
) &
child=$!
# A process of its own, ended by a signal that cannot be lost; if it outlives us all the same, it finds `ended`. A sleep
# that was cut short is no end of the time: who ends a job asks all its processes.
$separate /bin/sh -c 'sleep "$1" && { [ -e "$3/ended" ] || kill -USR1 "$2"; }' guard "$limit_seconds" "$$" "$run" \
  > /dev/null 2>&1 < /dev/null &
guard=$!
trap 'stop timed-out' USR1
trap 'stop terminated' TERM INT HUP
# Asked to end before there was anything to end.
[ "$state" = exited ] || stop "$state"

code=0
while :; do
  wait "$child"
  code=$?
  # A signal to us ends the waiting, not the command.
  kill -0 "$child" 2> /dev/null || break
done
# Who ends a job asks all its processes at once: our own signal, which says why the command died, may still be coming.
case $state,$code in exited,129 | exited,130 | exited,143) sleep 1 ;; esac
# What the command left behind ends with it.
end_child KILL
: > "$run/ended"
kill -KILL "-$guard" 2> /dev/null || kill -KILL "$guard" 2> /dev/null
trap '' USR1 TERM INT HUP
if [ "$state" = exited ] && [ "$code" -ne 0 ] && [ -f "$folder/examine" ]; then
  # Statuses do not tell the engine's own failures from the command's.
  found=$(/bin/sh "$folder/examine" "$index" 2> /dev/null)
  case $found in out-of-memory | refused) state=$found ;; esac
fi
[ ! -f "$folder/cleanup" ] || /bin/sh "$folder/cleanup" "$index" > /dev/null 2>&1

ticks
took=$(awk "BEGIN { printf \"%.2f\", $up - $tick }" 2> /dev/null)
printf '{"schema": 1, "job": "%s", "index": %d, "state": "%s", "code": %d, "began": %d, "took": %s, "host": %s}\n' \
  "$job_id" "$index" "$state" "$code" "$began" "${took:-null}" "$host" > "$run/result.tmp"
# A full disk leaves a short file: that is no verdict.
case $(tail -c 4 "$run/result.tmp" 2> /dev/null) in
  '"}}'*) mv "$run/result.tmp" "$run/result.json" ;;
  *) exit 125 ;;
esac
exit 0
