import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { kubectl } from '../kubernetes/kubectl.ts';
import { pollUntil } from '../poll.ts';
import type { Reference } from './store.ts';

/** A kubelet refreshes its files within about a minute and a half. It does so at once if the pod changes. */
const TIMEOUT_MS = 240_000;
const TOUCHED = 'windlass.example/credentials-changed-at';

/** A running container's folder with the files of a Secret. */
interface Mount {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly folder: string;
  /** The keys of the Secret that it has, if not all. */
  readonly keys?: readonly string[];
}

/**
 * Waits until every running container that mounts the Secret has these values in its files, if it mounts their keys.
 * @throws CommandError that names a container whose files are old
 */
export async function waitUntilMounted(
  { namespace, name }: Reference,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const touched = new Set<string>();
  const attempt = async () => {
    for (const mount of await mountsOf(namespace, name)) {
      if (!touched.has(mount.pod)) await touch(mount);
      touched.add(mount.pod);
      for (const [key, value] of Object.entries(values))
        if (mount.keys?.includes(key) ?? true) await expectValue(mount, key, value);
    }
  };
  const failure = (last: string) => `the new values of the Secret ${namespace}/${name} do not arrive: ${last}`;
  await pollUntil(attempt, { timeoutMs: TIMEOUT_MS, intervalMs: 500, failure });
}

async function mountsOf(namespace: string, secret: string): Promise<readonly Mount[]> {
  const { stdout } = await kubectl(['-n', namespace, 'get', 'pods', '-o', 'json']);
  return mountsIn((JSON.parse(stdout) as { items: readonly V1Pod[] }).items, secret);
}

/** The running containers of these pods that mount a Secret. */
export function mountsIn(pods: readonly V1Pod[], secret: string): readonly Mount[] {
  return pods.flatMap(({ metadata, spec, status }) => {
    const volumes = (spec?.volumes ?? []).filter((volume) => volume.secret?.secretName === secret);
    const running = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
      .filter(({ state }) => state?.running)
      .map((container) => container.name);
    const containers: readonly V1Container[] = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
    return containers
      .filter(({ name }) => running.includes(name))
      .flatMap(({ name: container, volumeMounts = [] }) =>
        volumeMounts.flatMap(({ name, mountPath: folder }) => {
          const source = volumes.find((volume) => volume.name === name)?.secret;
          if (!source) return [];
          const keys = source.items?.map(({ key }) => key);
          const { namespace = '', name: pod = '' } = metadata ?? {};
          return [{ namespace, pod, container, folder, ...(keys && { keys }) }];
        }),
      );
  });
}

async function touch({ namespace, pod }: Mount): Promise<void> {
  const annotation = `${TOUCHED}=${new Date().toISOString()}`;
  // A pod that is gone meanwhile is not in the next list.
  await kubectl(['-n', namespace, 'annotate', 'pod', pod, '--overwrite', annotation], { tolerant: true });
}

async function expectValue({ namespace, pod, container, folder }: Mount, key: string, value: string): Promise<void> {
  const args = ['-n', namespace, 'exec', pod, '-c', container, '--', 'cat', `${folder}/${key}`];
  const { stdout, exitCode } = await kubectl(args, { tolerant: true });
  if (exitCode !== 0 || stdout.trim() !== value.trim())
    throw new Error(`container ${container} of pod ${namespace}/${pod} has another ${folder}/${key}`);
}
