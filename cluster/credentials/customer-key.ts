import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, importPKCS8, type JWK } from 'jose';
import { CHECKOUT_LABEL } from '../deploy/labels.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { clusterNameOf, root } from '../paths.ts';
import type { Store } from './store.ts';

/** How tokens are signed: ECDSA with P-256 and SHA-256. */
export const ALGORITHM = 'ES256';

/** The Secret with the private key, in the namespace of the gateway, and the field with it: PKCS #8 in PEM. */
export const KEY_SECRET = { name: 'customers-token-key', field: 'key.pem' } as const;

/** The RequestAuthentication that a policy of the manifests asks for, without the key that only the cluster knows. */
export interface WantedAuthentication {
  readonly name: string;
  readonly namespace: string;
  readonly spec: { readonly selector: object; readonly jwtRules: readonly object[] };
}

interface Policy extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly selector?: object };
}

/** By it the manifests ask for a RequestAuthentication: its spec as JSON. Only those of environments for tests do. */
const ANNOTATION = 'windlass.example/request-authentication';

/**
 * What the manifests ask for; undefined if another issuer signs the tokens. It is about the same pods as the policy
 * that asks, which may be adapted to the mesh of others.
 */
export function wantedAuthentication(manifests: readonly KubernetesObject[]): WantedAuthentication | undefined {
  for (const { metadata, spec } of manifests as readonly Policy[]) {
    const text = metadata.annotations?.[ANNOTATION];
    if (!text || !metadata.namespace || !spec?.selector) continue;
    const { jwtRules } = JSON.parse(text) as WantedAuthentication['spec'];
    return { name: metadata.name, namespace: metadata.namespace, spec: { selector: spec.selector, jwtRules } };
  }
  return undefined;
}

/** Makes the key that signs customers' tokens, once. A Secret without a key that can be read gets a new one. */
export async function ensureCustomerKey(store: Store, { namespace }: WantedAuthentication): Promise<void> {
  const reference = { kind: 'Secret', namespace, name: KEY_SECRET.name } as const;
  const current = await store.read(reference);
  if (current && (await readPublicKey(current.values[KEY_SECRET.field]))) return;
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const values = { [KEY_SECRET.field]: await exportPKCS8(privateKey) };
  const object = { ...reference, app: 'customers', values };
  await (current ? store.replace(object, current.version) : store.create(object));
}

/**
 * The RequestAuthentication with the public key.
 * @throws Error if there is no key: `ensureCustomerKey` makes it
 */
export async function customerAuthentication(store: Store, { name, namespace, spec }: WantedAuthentication) {
  const secret = await store.read({ kind: 'Secret', namespace, name: KEY_SECRET.name });
  const key = await readPublicKey(secret?.values[KEY_SECRET.field]);
  if (!key) throw new Error(`Secret ${namespace}/${KEY_SECRET.name} has no key in ${KEY_SECRET.field}`);
  const jwks = JSON.stringify({ keys: [key] });
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata: { name, namespace, labels: { [CHECKOUT_LABEL]: clusterNameOf(root) } },
    spec: { ...spec, jwtRules: spec.jwtRules.map((rule) => ({ ...rule, jwks })) },
  };
}

/** @returns undefined if it is no private key of this algorithm */
async function readPublicKey(pem = ''): Promise<JWK | undefined> {
  try {
    const { kty, crv, x, y } = await exportJWK(await importPKCS8(pem, ALGORITHM, { extractable: true }));
    const key = { kty, crv, x, y } as JWK;
    return { ...key, kid: await calculateJwkThumbprint(key), alg: ALGORITHM, use: 'sig' };
  } catch {
    return undefined;
  }
}
