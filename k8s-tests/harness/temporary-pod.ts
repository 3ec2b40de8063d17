import { apply } from '../../cluster/kubernetes/kubectl.ts';
import { toStream } from '../../cluster/kubernetes/objects.ts';
import { kubectl } from './kubectl.ts';

/** A pod in its own namespace, both with this name. The policies of other namespaces do not apply there. */
export interface TemporaryPod {
  readonly name: string;
  readonly inMesh: boolean;
  /** The CommonJS code that Node runs in the image of Windlass. */
  readonly program: string;
  /** The number of pods behind the Service. The others have the names `<name>-2` and so on. @default 1 */
  readonly pods?: number;
  /** A folder of the node that the pod mounts at /host. The pod runs as root then. */
  readonly hostPath?: string;
}

/**
 * Starts the pod, with a Service of its name on port 8080, and waits until it is ready. `deleteNamespace` deletes all of it.
 */
export async function startPod({ name, inMesh, program, pods = 1, hostPath }: TemporaryPod): Promise<void> {
  const ours = ['-n', 'shop', 'get', 'deploy/orders', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'];
  const [image] = await Promise.all([
    kubectl(...ours),
    // The namespace of an earlier run may still be terminating.
    kubectl('delete', 'namespace', name, '--ignore-not-found'),
  ]);
  const metadata = { name, namespace: name, labels: { app: name } };
  const container = {
    name,
    image,
    command: ['node', '-e', program],
    ...(hostPath && { securityContext: { runAsUser: 0 }, volumeMounts: [{ name: 'host', mountPath: '/host' }] }),
  };
  const volumes = hostPath ? [{ name: 'host', hostPath: { path: hostPath } }] : [];
  const manifests = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: inMesh ? { 'istio-injection': 'enabled' } : {} } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 8080 }] },
    },
    ...Array.from({ length: pods }, (_, n) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: n === 0 ? name : `${name}-${n + 1}` },
      spec: { terminationGracePeriodSeconds: 1, containers: [container], volumes },
    })),
  ];
  await apply(toStream(manifests), `pod ${name}`);
  await kubectl('-n', name, 'wait', 'pod', '--all', '--for=condition=Ready', '--timeout=90s');
}
