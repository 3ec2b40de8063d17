import { stringify } from 'yaml';
import { versions } from '../versions.ts';
import { CNI_FOLDER } from './node-root.ts';

/** The node's identity in the files that its parts read at their start. */
export interface NodeIdentity {
  /** The name of the node, of the cluster, and of the node's cgroup. */
  readonly name: string;
  readonly ip: string;
}

const POD_SUBNET = '10.244.0.0/16';

/**
 * kubeadm's input. Image tags name the versions that the images really contain. As in a kind node, the kubelet never
 * evicts.
 */
export function kubeadmYaml({ name, ip }: NodeIdentity): string {
  return documents(
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: ip, bindPort: 6443 },
      patches: { directory: '/run/node/patches' },
      nodeRegistration: { name, criSocket: 'unix:///run/containerd/containerd.sock', taints: [] },
    },
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'ClusterConfiguration',
      clusterName: name,
      kubernetesVersion: `v${versions.kubernetes}`,
      controlPlaneEndpoint: `${ip}:6443`,
      networking: { podSubnet: POD_SUBNET, serviceSubnet: '10.96.0.0/16' },
      etcd: { local: { imageTag: `${versions.etcd}-0`, extraArgs: [{ name: 'unsafe-no-fsync', value: 'true' }] } },
      dns: { imageTag: `v${versions.coredns}` },
      apiServer: { extraArgs: [{ name: 'bind-address', value: ip }] },
      // There is one of each, so the election every two seconds is useless.
      controllerManager: { extraArgs: [{ name: 'leader-elect', value: 'false' }] },
      scheduler: { extraArgs: [{ name: 'leader-elect', value: 'false' }] },
    },
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      cgroupDriver: 'cgroupfs',
      cgroupRoot: `/${name}`,
      failCgroupV1: false,
      failSwapOn: false,
      address: ip,
      resolvConf: '/run/node/resolv.conf',
      imageGCHighThresholdPercent: 100,
      evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
    },
    { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', conntrack: { maxPerCore: 0 } },
  );
}

/**
 * containerd's configuration. restrict_oom_score_adj: without CAP_SYS_RESOURCE no process may lower its oom_score_adj.
 */
export function containerdToml(): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:${versions.pause}"
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/run/node/registries"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${CNI_FOLDER}"
  conf_dir = "/etc/cni/net.d"
`;
}

/** A registry that never answers: an image that was not imported fails at once, and no outside registry is asked. */
export const noRegistryToml = 'server = "http://127.0.0.1:1"\n';

/** One bridge for the pods of the only node. */
export function cniConflist(): string {
  const bridge = {
    type: 'bridge',
    bridge: 'cni0',
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: { type: 'host-local', ranges: [[{ subnet: POD_SUBNET }]], routes: [{ dst: '0.0.0.0/0' }] },
  };
  const portmap = { type: 'portmap', capabilities: { portMappings: true } };
  return JSON.stringify({ cniVersion: '0.4.0', name: 'windlass', plugins: [bridge, portmap] });
}

/**
 * kubeadm's CoreDNS, without its forward to the host's resolver, which the node cannot reach, and with short cache
 * times. Names come and go by the second here, and a "no such name" cached for 30 s would delay clients that asked too
 * early.
 */
export function addonsYaml(): string {
  const corefile = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 5
    }
    cache {
       success 9984 5
       denial 9984 1
    }
    loop
    reload
}
`;
  return documents({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace: 'kube-system' },
    data: { Corefile: corefile },
  });
}

function documents(...values: object[]): string {
  return values.map((value) => stringify(value)).join('---\n');
}
