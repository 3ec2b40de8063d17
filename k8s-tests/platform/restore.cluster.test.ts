/** Restores a backup of the running system into a new cluster, which a second checkout has beside it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import type { Ports } from '../../cluster/settings.ts';
import { recallState } from '../../cluster/state.ts';
import { findViolations } from '../checker/check.ts';
import { type Baseline, countWorkInProgress, readState } from '../checker/read-state.ts';
import type { AcceptedOrder } from '../checker/state.ts';
import { copyCheckout } from '../docs/copy-checkout.ts';
import { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { send } from '../harness/http.ts';
import { openKafka } from '../harness/kafka-client.ts';
import { kubectl } from '../harness/kubectl.ts';
import { goodOrder, orderRequest, readPlaced, undeliverableOrder } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { expectQuiescence, takeQuiescentBaseline } from '../storm/quiescence.ts';

const isNative = (await recallState())?.target === 'native';
const { cluster } = useCluster();

/** Orders of all kinds. */
const orders = Array.from({ length: 3 }).flatMap(() => [
  goodOrder,
  { ...goodOrder, paymentToken: 'tok_slow' },
  { ...goodOrder, paymentToken: 'tok_lost' },
  undeliverableOrder,
]);

async function place(): Promise<readonly AcceptedOrder[]> {
  const answers = await Promise.all(orders.map((order) => send(orderRequest(cluster.ingressUrl, order))));
  return answers.flatMap((answer) =>
    answer.status < 300 ? [{ status: answer.status, orderId: readPlaced(answer).orderId }] : [],
  );
}

const scaleAcquirer = (replicas: 0 | 1) =>
  kubectl('-n', 'partner', 'scale', 'deploy/acquirer', `--replicas=${replicas}`);

let folder: string;
let checkout: string;
// A person's shell has no variables of a surrounding make or test run.
const env = { MAKELEVEL: undefined, MAKEFLAGS: undefined, MFLAGS: undefined, CLUSTER: 'native' };
const inCheckout = (script: string) =>
  execa('bash', ['-c', script], { cwd: checkout, env, stdin: 'ignore', timeout: 600_000 });

describe.skipIf(!isNative)('a backup', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'windlass-restore-'));
    checkout = await copyCheckout(join(folder, 'checkout'));
  }, 120_000);
  afterEach(() => scaleAcquirer(1));
  afterAll(async () => {
    await inCheckout('make down');
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  it('that is made while orders are in flight ends every one of them in a new cluster, charged once or not at all', async () => {
    const { since } = await takeQuiescentBaseline(cluster, await openKafka(cluster));
    // The dumps take some seconds: without their partner, these orders are in flight in all of them.
    const early = await place();
    await scaleAcquirer(0);
    // A terminating pod still answers for some seconds.
    await kubectl('-n', 'partner', 'wait', '--for=delete', 'pod', '-l', 'app=acquirer', '--timeout=60s');
    const accepted = [...early, ...(await place())];
    await execa('npm', ['run', '--silent', 'backup', '--', '--to', join(folder, 'backup')], { cwd: root });
    const inFlight = await countWorkInProgress(cluster, { since });
    expect(inFlight.orders).toBeGreaterThan(0);
    expect(inFlight.orders).toBeLessThan(accepted.length);
    await scaleAcquirer(1);

    const keys = await kubectl('-n', 'shop', 'get', 'secret', 'payment-token-keys', '-o', 'jsonpath={.data}');
    await inCheckout('make platform');
    const file = join(folder, 'keys-of-tokens.json');
    await writeFile(file, keys, { mode: 0o600 });
    await inCheckout(
      `eval "$(make env)"; printf '{"data":%s}' "$(cat ${file})" |
       kubectl -n shop patch secret payment-token-keys --patch-file /dev/stdin`,
    );
    const { stdout } = await inCheckout(`npm run --silent restore -- --from ${join(folder, 'backup')}`);
    await inCheckout('make up');
    const repeat = stdout.match(/npm run saga -- repeat .*/)?.[0];
    await inCheckout(repeat ?? 'false');

    const restored = await openRestored();
    const kafka = await openKafka(restored);
    // Kafka is new: all that it has is part of the run.
    const baseline: Baseline = { since, offsets: {} };
    await eventually(() => expectQuiescence(restored, kafka, baseline), { timeoutMs: 120_000, intervalMs: 1_000 });
    const state = await readState(restored, kafka, baseline);
    restored.close();
    expect(findViolations(state, accepted)).toEqual([]);
    console.log(`${accepted.length} orders, ${inFlight.orders} of them in flight in the backup`);
  }, 900_000);
});

async function openRestored(): Promise<Cluster> {
  const config = new KubeConfig();
  config.loadFromFile(join(checkout, '.windlass/kubeconfig'));
  return new Cluster(config, JSON.parse(await readFile(join(checkout, '.windlass/ports.json'), 'utf8')) as Ports);
}
