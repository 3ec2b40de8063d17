import { CHECKOUT_LABEL } from '../deploy/labels.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { clusterNameOf, root } from '../paths.ts';
import { gatewayOf, type Mesh } from '../shared/mesh.ts';
import { fits, makePair } from './partner-certificates.ts';
import { putValues, type Store } from './store.ts';

/** The Secret from which the gateway takes its certificate. Its label `app` has the same value. */
export const EDGE_SECRET = 'edge-tls';

/** It is replaced this long before it expires. Any later run of `make up` or `make credentials` does it. */
const RENEWAL_MS = 60 * 86_400_000;

/** Clients reach the gateway of a cluster for tests on their own machine only. */
const HOST = 'localhost';
const FURTHER = ['127.0.0.1', '::1'];

/** Makes the certificate of the gateway, with its authority as `ca.crt`, if there is none that stays valid for a while. */
export async function ensureEdgeCertificate(store: Store, mesh: Pick<Mesh, 'kind'>): Promise<void> {
  const { namespace } = gatewayOf(mesh);
  const secret = { kind: 'Secret', namespace, name: EDGE_SECRET, app: EDGE_SECRET, type: 'kubernetes.io/tls' } as const;
  const current = await store.read(secret);
  const isGood = current !== undefined && fits(current.values, HOST, RENEWAL_MS);
  await putValues(store, secret, isGood ? {} : await makePair(HOST, FURTHER), current);
}

/** The authority of the gateway's certificate in this checkout's cluster, as PEM; undefined if there is none. */
export async function readEdgeAuthority(): Promise<string | undefined> {
  const ours = ['-A', '-l', `${CHECKOUT_LABEL}=${clusterNameOf(root)},app=${EDGE_SECRET}`, '-o', 'json'];
  const { stdout } = await kubectl(['get', 'secrets', ...ours]);
  const { items } = JSON.parse(stdout) as { items: readonly { data?: Readonly<Record<string, string>> }[] };
  const authority = items[0]?.data?.['ca.crt'];
  return authority && Buffer.from(authority, 'base64').toString('utf8');
}
