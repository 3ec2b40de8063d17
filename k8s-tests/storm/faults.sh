# Faults as the kernel makes them, on the node whose containers they strike. Each one says what it did, in lines of words,
# and undoes itself: when a line or the end comes on standard input, or the seconds are over, whichever is first. So nothing
# stays behind, however its requester ends.
#
#   kill   CONTAINER PROGRAM                      SIGKILL
#   freeze CONTAINER PROGRAM SECONDS              SIGSTOP, then SIGCONT
#   cut    POD SECONDS COMMENT DIRECTION ADDR...  drops the packets between the pod and ip:port; DIRECTION there|back|both
#
# CONTAINER and POD are what stands in a process's cgroup; PROGRAM is its name, empty for all of the container.
set -u
# The requester may be gone and its pipe closed: the undoing continues.
trap '' INT TERM HUP PIPE

# Processes of a container or a pod. systemd writes a pod's uid with _ in it.
members() {
  grep -lE "$1|${1//-/_}" /proc/[0-9]*/cgroup 2>/dev/null | cut -d/ -f3
}
struck() {
  local pid
  for pid in $(members "$1"); do
    if [ -z "$2" ] || [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]; then echo "$pid"; fi
  done
}
# State and start time, which tells a process from a later one with its number; nothing once it is gone.
look() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  set -- ${stat##*) }
  [ "$1" = Z ] && return 1
  echo "$1 ${20}"
}
# The first process of its own PID namespace, with which the others die.
is_first() { grep -qE '^NSpid:.*[^0-9]1$' "/proc/$1/status" 2>/dev/null; }
hold() { read -r -t "$1" _ || true; }

kill_container() {
  local pid seen found=() tries
  for pid in $(struck "$1" "$2"); do
    if [ -n "$2" ] || is_first "$pid"; then seen=$(look "$pid") && found+=("$pid $seen"); fi
  done
  [ ${#found[@]} -gt 0 ] || { echo "none"; exit 1; }
  for pid in "${found[@]}"; do kill -KILL "${pid%% *}" 2>/dev/null; done
  for pid in "${found[@]}"; do
    set -- $pid
    for tries in $(seq 100); do
      [ "$(look "$1" | cut -d' ' -f2)" = "$3" ] || break
      sleep 0.05
    done
    if [ "$(look "$1" | cut -d' ' -f2)" = "$3" ]; then echo "alive $1"; else echo "gone $1"; fi
  done
}

freeze() {
  local pid tries state started
  declare -A frozen=()
  # Until no process is left that another one forked meanwhile.
  for tries in 1 2 3 4 5; do
    for pid in $(struck "$1" "$2"); do
      [ -n "${frozen[$pid]:-}" ] && continue
      read -r state started <<<"$(look "$pid")"
      [ -n "${started:-}" ] && kill -STOP "$pid" 2>/dev/null && frozen[$pid]=$started
    done
    sleep 0.05
  done
  for pid in "${!frozen[@]}"; do
    read -r state started <<<"$(look "$pid")"
    echo "state $pid ${state:-gone}"
  done
  echo "held"
  hold "$3"
  for pid in "${!frozen[@]}"; do
    read -r state started <<<"$(look "$pid")"
    if [ "${started:-}" = "${frozen[$pid]}" ]; then
      kill -CONT "$pid"
      echo "thawed $pid ${state}"
    else
      echo "died $pid"
    fi
  done
}

cut_link() {
  local pid seconds=$2 comment=$3 direction=$4 rule address probe rules=() probes=()
  pid=$(members "$1" | head -n 1)
  [ -n "$pid" ] || { echo "none"; exit 1; }
  # Kept open: it stays the pod's network when this process of the pod is gone.
  exec 7<"/proc/$pid/ns/net"
  shift 4
  for address in "$@"; do
    if [ "$direction" != back ]; then rules+=("OUTPUT -p tcp -d ${address%:*} --dport ${address#*:}"); fi
    if [ "$direction" != there ]; then rules+=("INPUT -p tcp -s ${address%:*} --sport ${address#*:}"); fi
  done
  tables() { nsenter --net=/proc/self/fd/7 iptables -w 5 "$@"; }
  for rule in "${rules[@]}"; do
    # Words on purpose: a rule is several arguments.
    tables -I $rule -m comment --comment "$comment" -j DROP && echo "rule $pid $rule"
  done
  # Also where nobody talks just now: a connection that gets no answer. As the sidecar's user, which no sidecar redirects.
  for address in "$@"; do
    nsenter --net=/proc/self/fd/7 setpriv --reuid=1337 --regid=1337 --clear-groups \
      timeout 2 bash -c "echo >/dev/tcp/${address%:*}/${address#*:}" 2>/dev/null &
    probes+=("$address $!")
  done
  for probe in "${probes[@]}"; do
    wait "${probe#* }"
    [ $? = 124 ] && echo "silent ${probe% *}" || echo "answers ${probe% *}"
  done
  echo "held"
  hold "$seconds"
  { tables -nvxL INPUT; tables -nvxL OUTPUT; } | awk -v mark="$comment" 'index($0, mark) { sum += $1 } END { print "dropped", sum + 0 }'
  for rule in "${rules[@]}"; do tables -D $rule -m comment --comment "$comment" -j DROP; done
  if tables -S | grep -q -- "$comment"; then echo "left"; else echo "mended $pid"; fi
}

case $1 in
  kill) kill_container "$2" "$3" ;;
  freeze) freeze "$2" "$3" "$4" ;;
  cut) shift; cut_link "$@" ;;
  *) echo "no fault $1" >&2; exit 2 ;;
esac
