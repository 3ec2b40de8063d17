import type { V1Container, V1Deployment, V1Job, V1Volume } from '@kubernetes/client-node';

/** On the pods of commands. NetworkPolicies let them reach Postgres and Kafka (cdk8s/charts/network-policies.ts). */
export const COMMAND_LABEL = 'windlass.example/command';

/** The KafkaUser of commands, and the volume of a service's pod with the certificate of its user (cdk8s/charts). */
const OPERATORS_USER = 'operators';
const USER_VOLUME = 'kafka-user';

/** The command's program, its Kubernetes Service and its probes are the service's own: none of them belongs here. */
const kept = ['image', 'imagePullPolicy', 'env', 'envFrom', 'volumeMounts', 'securityContext'] as const;

/** Longer than any command takes. It ends what a caller has left behind who was killed. */
const deadlineSeconds = 4 * 60 * 60;
/** The commands stream: none needs more, however much there is to read. */
const memory = '256Mi';

/** Waits in the pod, for the program that `kubectl exec` starts, and ends at once when the pod is deleted. */
const wait = "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 60_000)";

/**
 * A Job whose one pod has the image, identity, addresses and secrets of a service, and nothing else of it: it gets none of
 * its requests, is outside of the mesh, and its memory is its own. In Kafka it is one of the operators.
 *
 * @param name of the Job
 */
export function commandJob(name: string, { metadata, spec }: V1Deployment): V1Job {
  const service = metadata?.name ?? '';
  const pod = spec?.template.spec;
  const container = pod?.containers.find((each) => each.name === service);
  if (!pod || !container) throw new Error(`The deployment ${service} has no container of its name.`);
  // `code` is filled by an init container with the code to edit, which is not needed here. Volumes that only init
  // containers mount have secrets that are not the service's.
  const mounts = (container.volumeMounts ?? []).filter(({ name: volume }) => volume !== 'code');
  const own = Object.fromEntries(kept.map((key) => [key, container[key]])) as Partial<V1Container>;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: metadata?.namespace ?? '', labels: { [COMMAND_LABEL]: service } },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: deadlineSeconds,
      ttlSecondsAfterFinished: 60,
      template: {
        metadata: { labels: { [COMMAND_LABEL]: service, 'sidecar.istio.io/inject': 'false' } },
        spec: {
          ...(pod.serviceAccountName && { serviceAccountName: pod.serviceAccountName }),
          automountServiceAccountToken: false,
          ...(pod.securityContext && { securityContext: pod.securityContext }),
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 5,
          volumes: (pod.volumes ?? [])
            .filter(({ name: volume }) => mounts.some((mount) => mount.name === volume))
            .map(asOperator),
          containers: [
            {
              ...own,
              name: 'command',
              command: ['node', '--eval', wait],
              volumeMounts: mounts,
              resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory } },
            },
          ],
        },
      },
    },
  };
}

function asOperator(volume: V1Volume): V1Volume {
  return volume.name === USER_VOLUME ? { ...volume, secret: { ...volume.secret, secretName: OPERATORS_USER } } : volume;
}
