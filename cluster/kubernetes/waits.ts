import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../run.ts';
import { kubectl } from './kubectl.ts';

/** How long a start may take, without the pulls of its images, whose time depends on the registry. */
const READY_SECONDS = 150;
const PULL_LIMIT_MS = 20 * 60_000;
const UNREACHABLE_LIMIT_MS = 60_000;

/** The fields of an event that are used here. */
export interface PodEvent {
  readonly type?: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind?: string; readonly name: string; readonly fieldPath?: string };
  readonly lastTimestamp: string | null;
}

/**
 * Waits until the newest generation of each workload serves. The error names the workloads and the latest warnings of
 * their namespace.
 */
export async function waitUntilServing(namespace: string, ...workloads: readonly string[]): Promise<void> {
  const args = ['-n', namespace, 'rollout', 'status', ...workloads, `--timeout=${READY_SECONDS}s`];
  await waitUnlessPulling(namespace, args, `start of ${workloads.join(' ')} in ${namespace}`);
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

/**
 * Waits again as long as a pod of the namespace was still pulling an image at the end of the timeout, and for a minute if
 * the API server does not answer: it has to share the machine with everything that starts.
 */
async function waitUnlessPulling(namespace: string, args: readonly string[], what: string): Promise<void> {
  const limit = Date.now() + PULL_LIMIT_MS;
  const unreachableLimit = Date.now() + UNREACHABLE_LIMIT_MS;
  for (;;) {
    try {
      await kubectl(args, { what });
      return;
    } catch (error) {
      if (isUnreachable(error) && Date.now() < unreachableLimit) {
        await sleep(1_000);
        continue;
      }
      const events = await readEvents(namespace);
      if (pullsInProgress(events).length === 0 || Date.now() > limit) throw explained(error, events);
      // Once the Deployment's own deadline is over, kubectl does not wait at all.
      await sleep(5_000);
    }
  }
}

/** Whether kubectl could not ask: `Unable to connect to the server: net/http: TLS handshake timeout`. */
export function isUnreachable(error: unknown): boolean {
  const message = error instanceof CommandError ? error.message : '';
  return /Unable to connect to the server|The connection to the server .+ was refused|connection lost/.test(message);
}

/** The namespace's events, without those of pods that are gone. */
async function readEvents(namespace: string): Promise<PodEvent[]> {
  const read = (...what: string[]) => kubectl(['-n', namespace, 'get', ...what], { tolerant: true });
  const [events, pods] = await Promise.all([read('events', '-o', 'json'), read('pods', '-o', 'name')]);
  if (events.exitCode !== 0) return [];
  const present = new Set(pods.stdout.split('\n').map((line) => line.replace('pod/', '')));
  const { items } = JSON.parse(events.stdout) as { items: PodEvent[] };
  return items.filter(({ involvedObject: { kind, name } }) => kind !== 'Pod' || present.has(name));
}

/** The messages of pulls that have neither succeeded nor failed: `Pulling image "…"`. */
export function pullsInProgress(events: readonly PodEvent[]): string[] {
  const newest = new Map<string, PodEvent>();
  for (const event of events.toSorted(byTime))
    if (event.involvedObject.fieldPath)
      newest.set(`${event.involvedObject.name} ${event.involvedObject.fieldPath}`, event);
  return [...newest.values()].filter(({ reason }) => reason === 'Pulling').map(({ message }) => message);
}

/** Adds the namespace's latest warnings to an error, because kubectl says only that the time is over. */
function explained(error: unknown, events: readonly PodEvent[]): unknown {
  const warnings = events
    .filter(({ type }) => type === 'Warning')
    .toSorted(byTime)
    .slice(-6)
    .map(({ reason, message, involvedObject }) => `${involvedObject.name}  ${reason}  ${message.trim()}`);
  return error instanceof CommandError && warnings.length > 0
    ? new CommandError(`${error.message}\nLast warnings:\n  ${warnings.join('\n  ')}`)
    : error;
}

function byTime(a: PodEvent, b: PodEvent): number {
  return (a.lastTimestamp ?? '').localeCompare(b.lastTimestamp ?? '');
}
