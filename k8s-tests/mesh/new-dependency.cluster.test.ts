import { randomUUID } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environments } from '../../cdk8s/environments.ts';
import { limits, policies } from '../../cdk8s/policies.ts';
import { saga } from '../../cdk8s/saga.ts';
import { topology } from '../../cdk8s/topology.ts';
import { ReserveRequestSchema } from '../../services/contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { callAs, targetOf } from '../harness/caller.ts';
import { openCluster } from '../harness/cluster.ts';
import { countRows } from '../harness/database.ts';
import { move } from './new-dependency/deployment.ts';
import { exampleEnvironment, examplePolicies, exampleTopology } from './new-dependency/example.ts';
import { describeAttempts } from './proofs/attempts.ts';
import { describeBreakers } from './proofs/breakers.ts';
import { describeLiveConfig } from './proofs/live-config.ts';
import { adminOf, dependenciesOf, type Select } from './proofs/source.ts';

const deployingMs = 240_000;
const cluster = openCluster();
const asItWas = { model: { topology, policies, limits, saga }, environment: environments.dev };
const withNewDependency = {
  model: { topology: exampleTopology, policies: examplePolicies, limits, saga },
  environment: exampleEnvironment,
};
const source = { topology: exampleTopology, policies: examplePolicies, replicas: exampleEnvironment.replicas };
const isNew: Select = ({ id }) => !Object.hasOwn(policies, id);

describe('one more service, with a dependency, a policy and a second replica, brings its own tests:', () => {
  beforeAll(async () => move(asItWas, withNewDependency, await runningImage()), deployingMs);
  afterAll(async () => {
    await move(withNewDependency, asItWas, await runningImage());
    cluster.close();
  }, deployingMs);

  describeLiveConfig(source, isNew);
  describeAttempts(source, isNew);
  describeBreakers(source, isNew);

  it('a call without retries takes effect once, even if the callee commits and then answers UNAVAILABLE', async () => {
    const { dependency, call } = onlyNeverRetried();
    const admin = adminOf(cluster, source, dependency.callee);
    await admin.reset();
    await admin.setFaults({ match: call.rpc.path, status: 'UNAVAILABLE', carriedOut: true });
    const before = await countRows(cluster, 'inventory');
    const target = { ...targetOf(dependency, call), body: reservation() };
    const [[record] = []] = await callAs(cluster, exampleTopology, dependency.caller, [{ target, count: 1 }]);

    expect(record?.status).toBe('UNAVAILABLE');
    expect((await admin.requestCounts()).byRequestId[record?.requestId ?? '']).toEqual({ [call.rpc.path]: 1 });
    const after = await countRows(cluster, 'inventory');
    expect((after['public.reservations'] ?? 0) - (before['public.reservations'] ?? 0), 'reservations made').toBe(1);
    await admin.reset();
  });
});

/** The image that runs in the cluster; the source does not name it. */
async function runningImage(): Promise<string> {
  const { spec } = await cluster.apps.readNamespacedDeployment({ namespace: 'shop', name: 'inventory' });
  const image = spec?.template.spec?.containers[0]?.image;
  if (image === undefined) throw new Error('the deployment of inventory has no image');
  return image;
}

function onlyNeverRetried() {
  const calls = dependenciesOf(source, isNew).flatMap((dependency) =>
    dependency.rpcs.map((call) => ({ dependency, call })),
  );
  const [found] = calls.filter(({ call }) => call.policy.retries.kind === 'never');
  if (found === undefined) throw new Error('the example has no call that is never retried');
  return found;
}

/** A request that changes the stock, in base64. */
function reservation(): string {
  const lines = [{ sku: 'mug', quantity: 1 }];
  const request = create(ReserveRequestSchema, { idempotencyKey: randomUUID(), orderId: randomUUID(), lines });
  return Buffer.from(toBinary(ReserveRequestSchema, request)).toString('base64');
}
