/**
 * The matrix has teeth: without any one of the policies that it is about, at least one of its cells is wrong.
 */
import { App } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { SecurityChart } from '../../cdk8s/charts/security.ts';
import { environments } from '../../cdk8s/environments.ts';
import { MESH_ROOT_NAMESPACE } from '../../cdk8s/mesh/caller.ts';
import { planMesh } from '../../cdk8s/mesh/plan.ts';
import { limits, policies } from '../../cdk8s/policies.ts';
import { saga } from '../../cdk8s/saga.ts';
import { topology } from '../../cdk8s/topology.ts';
import { apply } from '../../cluster/kubernetes/kubectl.ts';
import { type KubernetesObject, titleOf, toStream } from '../../cluster/kubernetes/objects.ts';
import { eventually } from '../harness/eventually.ts';
import { send } from '../harness/http.ts';
import { kubectl } from '../harness/kubectl.ts';
import { meshObjectsOf } from '../harness/mesh-objects.ts';
import { customer, type Sender } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { useProber } from './prober.ts';
import { type Cell, ELSEWHERE, serviceMatrix } from './service-matrix.ts';

const { cluster } = useCluster();
const prober = useProber(cluster, topology);

const generated = [
  ...meshObjectsOf(planMesh({ topology, policies, limits, saga }, [{ each: 1 }])),
  ...(new SecurityChart(new App(), 'security', topology, environments.dev).toJson() as KubernetesObject[]),
].filter(({ kind }) => kind === 'AuthorizationPolicy' || kind === 'PeerAuthentication');
const cells = serviceMatrix(topology);

/** The cells that a policy is about. */
const concerned: Readonly<Record<string, (cell: Cell) => boolean>> = {
  'allow-nothing': ({ callee }) => callee === ELSEWHERE,
  default: ({ callee, credential }) => callee === 'payments' && credential === 'plaintext',
  'deny-admin': ({ callee, port }) => callee === 'payments' && port === 9901,
};

/** A policy of others that allows everything, which only a policy that denies can overrule. */
const allowAll = {
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'allow-all', namespace: 'shop' },
  spec: { rules: [{}] },
};

/** Removes a policy, expects that something is no longer as stated, and that it is once the policy is back. */
async function expectMissed(policy: KubernetesObject, isAsStated: () => Promise<boolean>): Promise<void> {
  const { name, namespace = MESH_ROOT_NAMESPACE } = policy.metadata;
  const becomes = (expected: boolean) =>
    eventually(async () => expect(await isAsStated()).toBe(expected), { timeoutMs: 20_000 });
  expect(await isAsStated()).toBe(true);
  await kubectl('delete', policy.kind.toLowerCase(), name, '-n', namespace);
  try {
    await becomes(false);
  } finally {
    await apply(toStream([policy]), titleOf(policy));
  }
  await becomes(true);
}

describe.each(generated.map((policy) => ({ title: titleOf(policy), policy })))('without $title', ({ policy }) => {
  const { metadata } = policy;
  const isGateway = metadata.name === 'ingressgateway';
  const ofPolicy = cells.filter(concerned[metadata.name] ?? (({ callee }) => callee === metadata.name));
  const isAsStated = async () => {
    if (isGateway) return (await send({ url: `${cluster.ingressUrl}/v1/openapi.json` })).status === 200;
    return (await prober().findWrong(ofPolicy)).length === 0;
  };

  it('a cell is wrong, and with it again none', async () => {
    const needsAllowAll = metadata.name === 'deny-admin';
    expect(isGateway || ofPolicy.length > 0).toBe(true);
    if (needsAllowAll) await apply(toStream([allowAll]), 'a policy of others');
    try {
      await expectMissed(policy, isAsStated);
    } finally {
      if (needsAllowAll) await kubectl('-n', 'shop', 'delete', 'authorizationpolicy', 'allow-all');
    }
  });
});

describe.each(['authorizationpolicy', 'requestauthentication'])('without the %s of customers', (kind) => {
  const statusOf = async (path: string, as?: Sender) => {
    // A connection that is kept has the policies of its beginning.
    const headers = { connection: 'close' };
    return (await send({ url: `${cluster.ingressUrl}${path}`, headers, ...(as && { as }) })).status;
  };
  const isAsStated = async () =>
    (await statusOf('/v1/nothing')) === 401 && (await statusOf('/v1/orders/unknown', customer)) === 404;

  it('the gateway lets a stranger in or a customer out, and with it again neither', async () => {
    const live = await kubectl('-n', MESH_ROOT_NAMESPACE, 'get', kind, 'customers', '-o', 'json');
    const { metadata, ...object } = JSON.parse(live);
    const { name, namespace, labels, annotations } = metadata;
    await expectMissed({ ...object, metadata: { name, namespace, labels, annotations } }, isAsStated);
  });
});
