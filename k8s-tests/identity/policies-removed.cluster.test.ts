/**
 * The matrix has teeth: without any one of the policies that it is about, at least one of its cells is wrong.
 */
import { Testing } from 'cdk8s';
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
  ...(new SecurityChart(Testing.app(), 'security', topology, environments.dev).toJson() as KubernetesObject[]),
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

describe.each(generated.map((policy) => ({ title: titleOf(policy), policy })))('without $title', ({ policy }) => {
  const { kind, metadata } = policy;
  const resource = [kind.toLowerCase(), metadata.name, '-n', metadata.namespace ?? MESH_ROOT_NAMESPACE];
  const isGateway = metadata.name === 'ingressgateway';
  const ofPolicy = cells.filter(concerned[metadata.name] ?? (({ callee }) => callee === metadata.name));
  const isAsStated = async () => {
    if (isGateway) return (await send({ url: `${cluster.ingressUrl}/v1/openapi.json` })).status === 200;
    return (await prober().findWrong(ofPolicy)).length === 0;
  };

  it('a cell is wrong, and with it again none', async () => {
    const needsAllowAll = metadata.name === 'deny-admin';
    if (needsAllowAll) await apply(toStream([allowAll]), 'a policy of others');
    expect(isGateway || ofPolicy.length > 0).toBe(true);
    expect(await isAsStated()).toBe(true);
    await kubectl('delete', ...resource);
    try {
      await eventually(async () => expect(await isAsStated()).toBe(false), { timeoutMs: 20_000 });
    } finally {
      await apply(toStream([policy]), titleOf(policy));
      if (needsAllowAll) await kubectl('-n', 'shop', 'delete', 'authorizationpolicy', 'allow-all');
    }
    await eventually(async () => expect(await isAsStated()).toBe(true), { timeoutMs: 20_000 });
  });
});

describe.each(['authorizationpolicy', 'requestauthentication'])('without the %s of customers', (kind) => {
  const resource = [kind, 'customers', '-n', MESH_ROOT_NAMESPACE];
  const statusOf = async (path: string, as?: Sender) => {
    // A connection that is kept has the policies of its beginning.
    const headers = { connection: 'close' };
    return (await send({ url: `${cluster.ingressUrl}${path}`, headers, ...(as && { as }) })).status;
  };
  const statuses = async () => [await statusOf('/v1/nothing'), await statusOf('/v1/orders/unknown', customer)];
  const asStated = [401, 404];

  it('the gateway lets a stranger in or a customer out, and with it again neither', async () => {
    expect(await statuses()).toEqual(asStated);
    const { metadata, ...object } = JSON.parse(await kubectl('get', ...resource, '-o', 'json'));
    const { name, namespace, labels, annotations } = metadata;
    const policy = { ...object, metadata: { name, namespace, labels, annotations } } as KubernetesObject;
    await kubectl('delete', ...resource);
    try {
      await eventually(async () => expect(await statuses()).not.toEqual(asStated), { timeoutMs: 20_000 });
    } finally {
      await apply(toStream([policy]), titleOf(policy));
    }
    await eventually(async () => expect(await statuses()).toEqual(asStated), { timeoutMs: 20_000 });
  });
});
