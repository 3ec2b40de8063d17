import { apply } from '../../cluster/kubernetes/kubectl.ts';
import { toStream } from '../../cluster/kubernetes/objects.ts';
import { kubectl } from './kubectl.ts';

/** A pod in a namespace of its own, both of that name: what the manifests say of other namespaces does not hold there. */
export interface TemporaryPod {
  readonly name: string;
  readonly inMesh: boolean;
  /** CommonJS that its Node runs, on our image. */
  readonly program: string;
  /** Pods behind the Service; the others are called `<name>-2` and so on. @default 1 */
  readonly pods?: number;
}

/** Starts the pod, with a Service of its name on port 8080. Resolves once it is ready; `removePod` takes all of it away. */
export async function startPod({ name, inMesh, program, pods = 1 }: TemporaryPod): Promise<void> {
  const ours = ['-n', 'shop', 'get', 'deploy/orders', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'];
  const [image] = await Promise.all([
    kubectl(...ours),
    // One of an earlier run may still be on its way out.
    kubectl('delete', 'namespace', name, '--ignore-not-found'),
  ]);
  const metadata = { name, namespace: name, labels: { app: name } };
  const container = { name, image, command: ['node', '-e', program] };
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
      spec: { terminationGracePeriodSeconds: 1, containers: [container] },
    })),
  ];
  await apply(toStream(manifests), `pod ${name}`);
  await kubectl('-n', name, 'wait', 'pod', '--all', '--for=condition=Ready', '--timeout=90s');
}

/** Resolves once the pods are gone, so that no later test counts them. Their namespace may take longer. */
export async function removePod({ name }: TemporaryPod): Promise<void> {
  await kubectl('-n', name, 'delete', 'pods', '--all', '--ignore-not-found');
  await kubectl('delete', 'namespace', name, '--wait=false', '--ignore-not-found');
}
