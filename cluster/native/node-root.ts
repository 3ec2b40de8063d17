import { join } from 'node:path';
import type { Entry } from '../images/layer.ts';
import { iptables, program } from '../images/parts.ts';

/** Debian's folder of CNI plug-ins, and those that our network needs. */
const CNI_SOURCE = '/usr/lib/cni';
const CNI_PLUGINS = ['bridge', 'host-local', 'loopback', 'portmap'];
/** Where the node's containerd looks for them. Pods may add more, as Istio's does. */
export const CNI_FOLDER = '/opt/cni/bin';

const PROGRAMS = [
  ['/bin/bash', '/bin/date', '/bin/mount', '/bin/umount', '/usr/bin/nsenter', '/usr/bin/socat'],
  ['/usr/bin/containerd', '/usr/bin/containerd-shim-runc-v2', '/usr/bin/ctr', '/usr/sbin/ip', '/usr/sbin/runc'],
].flat();

const FOLDERS = '/dev /etc /home /host /lib/modules /opt /proc /root /run /sys /var/lib /var/log'.split(' ');

/**
 * The files of the node's root: the programs that the node itself runs, with their libraries, and empty folders. Everything
 * else comes from images.
 *
 * @param kubernetes the folder with the Kubernetes binaries
 */
export async function nodeRoot(kubernetes: string): Promise<Entry[]> {
  const copies = await Promise.all([
    ...PROGRAMS.map((path) => program(path, path)),
    ...CNI_PLUGINS.map((name) => program(join(CNI_FOLDER, name), join(CNI_SOURCE, name))),
    ...['kubeadm', 'kubectl', 'kubelet'].map((name) => program(join('/usr/local/bin', name), join(kubernetes, name))),
  ]);
  const applets = ['dirname', 'hostname', 'pidof', 'rmdir'];
  return [
    ...(await iptables()),
    ...copies.flat(),
    ...applets.map((name): Entry => ({ kind: 'link', path: `/bin/${name}`, target: 'busybox' })),
    ...FOLDERS.map((path): Entry => ({ kind: 'folder', path })),
  ];
}
