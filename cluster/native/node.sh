#!/bin/bash
# PID 1 of the native node, which is like a kind node, but without Docker and without an image. init.sh starts it in the
# node's own root and namespaces. When it ends, the kernel removes every process, mount, veth and iptables rule in them.
#
# Environment: NODE_NAME (also its folder in each cgroup hierarchy), NODE_IP, HOST_IP, VETH (its end of the cable), FORWARDS
# ("hostPort:nodePort ..."). File descriptor 9: the host's network namespace. /run/node is its state on the host, where files
# report its progress: it writes containerd-ready, waits for images-loaded, and writes ready.
set -euo pipefail
trap 'exit 0' TERM INT
trap 'echo "line $LINENO failed; kubeadm said last:"; tail -n 5 /run/node/logs/kubeadm.log 2>/dev/null' ERR

step() { echo "$(date +%T.%3N) $*"; }

# Restarts a component that died, so that its end never ends the node.
supervise() {
  local name=$1
  shift
  while :; do
    "$@" >>"/run/node/logs/$name.log" 2>&1 </dev/null || step "$name ended ($?), restarting"
    sleep 1
  done &
}

step mounts
umount -l /host
rmdir /host
cd /run/node
mount --make-rshared /
# The kubelet sets these for the whole machine. In this node it sets copies.
for key in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys \
  kernel/keys/root_maxbytes; do
  copy=/run/node/sysctl/$key
  mkdir -p "$(dirname "$copy")"
  cat "/proc/sys/$key" >"$copy"
  mount --bind "$copy" "/proc/sys/$key"
done
mkdir -p /etc/cni/net.d
cp /run/node/cni.conflist /etc/cni/net.d/10-windlass.conflist
hostname "$NODE_NAME"
printf '127.0.0.1 localhost\n%s %s\n' "$NODE_IP" "$NODE_NAME" >/etc/hosts

step cgroups
# The node as a whole has the CPU weight of 16 processes of this machine, so that a compiler beside it does not starve
# its pods.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || true
  done
  mkdir -p "/sys/fs/cgroup/$NODE_NAME/node"
  echo 0 >"/sys/fs/cgroup/$NODE_NAME/node/cgroup.procs"
  echo 1600 >"/sys/fs/cgroup/$NODE_NAME/cpu.weight" || true
else
  for hierarchy in /sys/fs/cgroup/*/; do
    mkdir -p "$hierarchy$NODE_NAME"
  done
  for file in cpuset.cpus cpuset.mems; do
    cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$NODE_NAME/$file"
  done
  for hierarchy in memory cpu; do
    mkdir -p "/sys/fs/cgroup/$hierarchy/$NODE_NAME/node"
    echo 0 >"/sys/fs/cgroup/$hierarchy/$NODE_NAME/node/cgroup.procs"
  done
  echo 16384 >"/sys/fs/cgroup/cpu/$NODE_NAME/cpu.shares"
fi

step network
ip link set lo up
until ip link show "$VETH" >/dev/null 2>&1; do sleep 0.05; done
ip link set "$VETH" name eth0
ip addr add "$NODE_IP/30" dev eth0
ip link set eth0 up
ip route add default via "$HOST_IP"
# Only this host may send packets through the cable, even if the host forwards packets of others.
iptables -A INPUT -i eth0 ! -s "$HOST_IP" -j DROP
iptables -A FORWARD -i eth0 ! -s "$HOST_IP" -j DROP
# Until kube-proxy knows a service, reject its clients at once. A lost SYN would cost client-go 30 s.
iptables -A FORWARD -d 10.96.0.0/16 -j REJECT
iptables -A OUTPUT -d 10.96.0.0/16 -j REJECT
# The host's loopback ports. The listener is in the host's network, but its process belongs to this node.
for forward in $FORWARDS; do
  supervise "forward-${forward%:*}" nsenter --net=/proc/self/fd/9 \
    socat "TCP-LISTEN:${forward%:*},bind=127.0.0.1,reuseaddr,fork,backlog=128" "TCP:$NODE_IP:${forward#*:},nodelay"
done
exec 9>&-

step containerd
supervise containerd containerd --config /run/node/containerd.toml
until ctr version >/dev/null 2>&1; do sleep 0.1; done
touch /run/node/containerd-ready
until [ -f /run/node/images-loaded ]; do sleep 0.1; done

step "control plane"
export KUBECONFIG=/etc/kubernetes/admin.conf
phase() {
  kubeadm init phase "$@" --config /run/node/kubeadm.yaml >>/run/node/logs/kubeadm.log 2>&1
}
phase certs all
phase kubeconfig all
phase etcd local
phase control-plane all
phase kubelet-start # its message "unable to start the service" is harmless, because the next line starts it
supervise kubelet kubelet --config=/var/lib/kubelet/config.yaml --kubeconfig=/etc/kubernetes/kubelet.conf \
  --hostname-override="$NODE_NAME" --node-ip="$NODE_IP"
until kubectl --kubeconfig /etc/kubernetes/super-admin.conf get --raw /readyz >/dev/null 2>&1; do sleep 0.2; done
step addons
phase upload-config all
phase mark-control-plane
phase bootstrap-token # without it the API server may not ask the kubelet for logs
phase addon kube-proxy
kubectl apply --server-side -f /run/node/addons.yaml >/dev/null # kubeadm keeps the configuration that it finds
phase addon coredns
kubectl -n kube-system patch deployment coredns --patch-file /run/node/coredns.yaml >/dev/null
(umask 077 && cp /etc/kubernetes/admin.conf /run/node/admin.conf)
touch /run/node/ready
step ready
while :; do wait -n || true; done
