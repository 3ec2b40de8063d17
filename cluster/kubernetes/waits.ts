import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../run.ts';
import { kubectl } from './kubectl.ts';

/** For starting, without the time that images take to arrive: that is the registry's. */
const READY_SECONDS = 150;
const PULL_LIMIT_MS = 20 * 60_000;

/** What is used of an event. */
export interface PodEvent {
  readonly type?: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind?: string; readonly name: string; readonly fieldPath?: string };
  readonly lastTimestamp: string | null;
}

/** Waits until the newest generation of a workload serves; the error says which one did not, and what went wrong around it. */
export async function waitUntilServing(namespace: string, workload: string): Promise<void> {
  const args = ['-n', namespace, 'rollout', 'status', workload, `--timeout=${READY_SECONDS}s`];
  await waitUnlessPulling(namespace, args, `start of ${workload} in ${namespace}`);
}

/** Waits for a condition of custom resources, as `kubectl wait` does. */
export async function waitForCondition(
  namespace: string,
  resources: readonly string[],
  condition: string,
): Promise<void> {
  const args = ['-n', namespace, 'wait', ...resources, `--for=condition=${condition}`, `--timeout=${READY_SECONDS}s`];
  await waitUnlessPulling(namespace, args, `wait for ${resources.join(' ')} in ${namespace}`);
}

/** The time begins again as long as a pod of the namespace was still pulling an image when it ended. */
async function waitUnlessPulling(namespace: string, args: readonly string[], what: string): Promise<void> {
  const limit = Date.now() + PULL_LIMIT_MS;
  for (;;) {
    try {
      await kubectl(args, { what });
      return;
    } catch (error) {
      const events = await readEvents(namespace);
      if (pullsUnderWay(events).length === 0 || Date.now() > limit) throw explained(error, events);
      // Where the Deployment's own deadline is over, kubectl does not wait at all.
      await sleep(5_000);
    }
  }
}

/** Events of pods that are still there. */
async function readEvents(namespace: string): Promise<PodEvent[]> {
  const read = (...what: string[]) => kubectl(['-n', namespace, 'get', ...what], { tolerant: true });
  const [events, pods] = await Promise.all([read('events', '-o', 'json'), read('pods', '-o', 'name')]);
  if (events.exitCode !== 0) return [];
  const present = new Set(pods.stdout.split('\n').map((line) => line.replace('pod/', '')));
  const { items } = JSON.parse(events.stdout) as { items: PodEvent[] };
  return items.filter(({ involvedObject: { kind, name } }) => kind !== 'Pod' || present.has(name));
}

/** The messages of pulls that nothing has ended yet: `Pulling image "…"`. */
export function pullsUnderWay(events: readonly PodEvent[]): string[] {
  const newest = new Map<string, PodEvent>();
  for (const event of events.toSorted(byTime))
    if (event.involvedObject.fieldPath)
      newest.set(`${event.involvedObject.name} ${event.involvedObject.fieldPath}`, event);
  return [...newest.values()].filter(({ reason }) => reason === 'Pulling').map(({ message }) => message);
}

/** Adds the namespace's newest troubles to an error: what kubectl says is only that the time is over. */
function explained(error: unknown, events: readonly PodEvent[]): unknown {
  const troubles = events
    .filter(({ type }) => type === 'Warning')
    .toSorted(byTime)
    .slice(-6)
    .map(({ reason, message, involvedObject }) => `${involvedObject.name}  ${reason}  ${message.trim()}`);
  return error instanceof CommandError && troubles.length > 0
    ? new CommandError(`${error.message}\nLast warnings:\n  ${troubles.join('\n  ')}`)
    : error;
}

function byTime(a: PodEvent, b: PodEvent): number {
  return (a.lastTimestamp ?? '').localeCompare(b.lastTimestamp ?? '');
}
