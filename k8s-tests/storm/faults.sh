# Injects faults on the node of the containers. Each one prints its effects as lines and reverts itself once standard
# input has a line or ends, or once the seconds are over. So no fault remains, however its requester ends.
#
#   kill   CONTAINER PROGRAM                      SIGKILL
#   freeze CONTAINER PROGRAM SECONDS              SIGSTOP, then SIGCONT
#   cut    POD SECONDS COMMENT DIRECTION ADDR...  drops the packets between the pod and ip:port; DIRECTION there|back|both
#
# CONTAINER and POD are the ids in a process's cgroup. PROGRAM is the name of a process; empty means all processes.
set -u
# Even if the requester is gone and its pipe is closed, the fault must be reverted.
trap '' INT TERM HUP PIPE

# The processes of a container or pod. systemd writes a pod's uid with _.
members() {
  grep -lE "$1|${1//-/_}" /proc/[0-9]*/cgroup 2>/dev/null | cut -d/ -f3
}
struck() {
  local pid
  for pid in $(members "$1"); do
    if [ -z "$2" ] || [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]; then echo "$pid"; fi
  done
}
# State and start time, which distinguish a process from a later one with the same id. No output once it is gone.
look() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  set -- ${stat##*) }
  [ "$1" = Z ] && return 1
  echo "$1 ${20}"
}
# Whether it is the first process of its PID namespace. If it dies, the others die too.
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
  # Repeats, because a process may fork another one in the meantime.
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
  # Kept open, so that it refers to the pod's network even after this process is gone.
  exec 7<"/proc/$pid/ns/net"
  shift 4
  for address in "$@"; do
    if [ "$direction" != back ]; then rules+=("OUTPUT -p tcp -d ${address%:*} --dport ${address#*:}"); fi
    if [ "$direction" != there ]; then rules+=("INPUT -p tcp -s ${address%:*} --sport ${address#*:}"); fi
  done
  tables() { nsenter --net=/proc/self/fd/7 iptables -w 5 "$@"; }
  for rule in "${rules[@]}"; do
    # Unquoted on purpose, because a rule is several arguments.
    tables -I $rule -m comment --comment "$comment" -j DROP && echo "rule $pid $rule"
  done
  # Without traffic on the link, this probe shows the effect. Sidecars do not redirect the connections of their own user.
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
