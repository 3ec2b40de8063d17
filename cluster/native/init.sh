#!/usr/bin/env bash
# Enters the node's own root and becomes its PID 1, node.sh. node.ts starts it in mount, network, PID, UTS and IPC
# namespaces of their own. The root has what the node runs and nothing else of this machine (node-root.ts), so that a pod
# that mounts the node's file system sees only the node.
#
# Environment: NODE_DIR (the node's state on the host; its root is the folder `root` there), and what node.sh reads.
set -euo pipefail

cd "$NODE_DIR/root"
mount --bind . .
cd "$NODE_DIR/root" # below the mount
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
# Of the machine's devices only those that every container has, and the kernel's log, which the kubelet reads.
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty kmsg; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs run
mkdir run/node run/containerd
mount --bind "$NODE_DIR" run/node
pivot_root . host
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /
exec /bin/bash /run/node/node.sh
