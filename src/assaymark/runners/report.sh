#!/bin/sh
# The self-reporting job: runs one command and writes the verdict on it, for any POSIX sh (dash, busybox).
#   report.sh FOLDER INDEX
# FOLDER holds `limits` (shell assignments: limit_seconds, limit_memory in KiB, grace), `command` (a script), and perhaps
# `cleanup` (another). Everything about this copy is written into FOLDER/runs/INDEX: `started`, `out`, `err`, at the end
# `result.json`, whole or not at all. Only this script writes there; the command starts in `work` below it.
folder=$1 index=$2
run=$folder/runs/$index
umask 077
limit_seconds=600 limit_memory=0 grace=5
# shellcheck source=/dev/null
. "$folder/limits" || exit 125
mkdir -p "$run/work" || exit 125
# A copy runs once: who comes second (a restarted job, a second controller) leaves what is there.
mkdir "$run/claimed" 2> /dev/null || exit 0
[ ! -d "$folder/in" ] || cp -R "$folder/in/." "$run/work/" || exit 125
# The user inside a container may be another one; nobody else gets past the folder above.
chmod -R a+rwX "$run/work" || exit 125

clean() { printf '%s' "$1" | tr -cd 'A-Za-z0-9 ._:/+()#@=,-' | cut -c 1-200; }
# Seconds that no clock being set can disturb, where the system has them.
ticks() { if [ -r /proc/uptime ]; then read -r up rest < /proc/uptime; echo "$up"; else date +%s; fi; }
first() { sed -n "s/^$1[^:=]*[:=][[:space:]]*\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" "$2" 2> /dev/null | head -n 1; }

began=$(date +%s) tick=$(ticks)
system=$(first PRETTY_NAME /etc/os-release)
memory=$(first MemTotal /proc/meminfo)
processors=$(grep -c '^processor' /proc/cpuinfo 2> /dev/null)
{
  printf '{"node": "%s", "system": "%s", ' "$(clean "${SLURMD_NODENAME:-$(uname -n)}")" "$(clean "$system")"
  printf '"kernel": "%s", "machine": "%s", ' "$(clean "$(uname -sr)")" "$(clean "$(uname -m)")"
  printf '"processors": "%s", "memory": "%s", ' "$(clean "$processors")" "$(clean "$memory")"
  printf '"uid": "%s", "scheduler_job": "%s"}' "$(id -u)" "$(clean "${SLURM_JOB_ID:-}")"
} > "$run/host"
printf '%s %s\n' "$began" "$$" > "$run/started.tmp" && mv "$run/started.tmp" "$run/started" || exit 125

state=exited child='' guard=''
end_child() { [ -z "$child" ] || kill "-$1" "-$child" 2> /dev/null || kill "-$1" "$child" 2> /dev/null; }
stop() { # a state and why: ask the command to end, then make it
  state=$1
  end_child TERM
  (
    left=$grace
    while [ "$left" -gt 0 ] && kill -0 "$child" 2> /dev/null; do sleep 1; left=$((left - 1)); done
    end_child KILL
  ) &
}
trap 'stop timed-out' USR1
trap 'stop terminated' TERM INT HUP

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
me=$$
(
  trap 'kill "$rest" 2> /dev/null; exit 0' TERM
  sleep "$limit_seconds" &
  rest=$!
  wait "$rest" && kill -USR1 "$me" 2> /dev/null
) > /dev/null 2>&1 &
guard=$!

code=0
while :; do
  wait "$child"
  code=$?
  # A signal to us ends the waiting, not the command.
  kill -0 "$child" 2> /dev/null || break
done
# What the command left behind ends with it.
end_child KILL
kill "$guard" 2> /dev/null
trap '' USR1 TERM INT HUP
[ ! -f "$folder/cleanup" ] || /bin/sh "$folder/cleanup" "$index" > /dev/null 2>&1

took=$(printf '%s %s\n' "$tick" "$(ticks)" | awk '{ printf "%.2f", $2 - $1 }' 2> /dev/null)
{
  printf '{"schema": 1, "job": "%s", "index": %d, ' "$(clean "${job_id:-}")" "$index"
  printf '"state": "%s", "code": %d, "began": %d, ' "$state" "$code" "$began"
  printf '"ended": %d, "took": %s, ' "$(date +%s)" "${took:-null}"
  printf '"host": %s}\n' "$(cat "$run/host")"
} > "$run/result.tmp" && sync "$run/result.tmp" 2> /dev/null
# A full disk leaves a short file: that is no verdict.
case $(tail -c 4 "$run/result.tmp" 2> /dev/null) in
  '"}}'*) mv "$run/result.tmp" "$run/result.json" ;;
  *) exit 125 ;;
esac
exit 0
