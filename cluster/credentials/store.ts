import { CHECKOUT_LABEL } from '../deploy/labels.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { clusterNameOf, root } from '../paths.ts';

/** A Secret or a ConfigMap, with its values as text. */
export interface Stored {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly namespace: string;
  readonly name: string;
  /** The value of the label `app`. */
  readonly app: string;
  /** Of a Secret. Default: `Opaque`. */
  readonly type?: string;
  readonly values: Readonly<Record<string, string>>;
}

export type Reference = Pick<Stored, 'kind' | 'namespace' | 'name'>;

/** What is read: the values, and the version that `replace` compares. */
export interface Current {
  readonly values: Readonly<Record<string, string>>;
  readonly version: string;
  /** Whether a Helm upgrade that no longer contains the object leaves it in the cluster. */
  readonly isKept: boolean;
}

/** Where credentials are kept. The cluster, or a map in unit tests. */
export interface Store {
  read(reference: Reference): Promise<Current | undefined>;
  /** @throws Conflict if the object exists */
  create(object: Stored): Promise<void>;
  /** Replaces all values, and keeps the object out of Helm's hands. @throws Conflict if the version is not current */
  replace(object: Stored, version: string): Promise<void>;
}

/** Someone else wrote the object meanwhile. */
export class Conflict extends Error {}

/**
 * Creates an object, or adds values to it. One that has them already is not written.
 * @param current what `read` has returned
 */
export async function putValues(
  store: Store,
  object: Omit<Stored, 'values'>,
  values: Stored['values'],
  current: Current | undefined,
): Promise<void> {
  if (!current) return store.create({ ...object, values });
  const isSame = Object.entries(values).every(([key, value]) => current.values[key] === value);
  if (isSame && current.isKept) return;
  await store.replace({ ...object, values: { ...current.values, ...values } }, current.version);
}

// Charts of an earlier version contained these objects. Without this annotation their upgrade would delete them.
const KEEP = { 'helm.sh/resource-policy': 'keep' };

/** The cluster's Secrets and ConfigMaps. Values reach kubectl by standard input, never as arguments. */
export const clusterStore: Store = {
  async read({ kind, namespace, name }) {
    const { stdout } = await kubectl(['-n', namespace, 'get', kind, name, '--ignore-not-found', '-o', 'json']);
    if (!stdout.trim()) return undefined;
    const { metadata, data = {} } = JSON.parse(stdout) as {
      metadata: { resourceVersion: string; annotations?: Record<string, string> };
      data?: Record<string, string>;
    };
    const decode = (value: string) => (kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value);
    return {
      values: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(value)])),
      version: metadata.resourceVersion,
      isKept: metadata.annotations?.['helm.sh/resource-policy'] === KEEP['helm.sh/resource-policy'],
    };
  },
  create: (object) => write(['create', '-f', '-'], manifestOf(object), object),
  replace: (object, version) => {
    const { metadata, ...rest } = manifestOf(object);
    const manifest = { ...rest, metadata: { ...metadata, resourceVersion: version } };
    const args = ['apply', '--server-side', '--force-conflicts', '--field-manager=windlass-credentials', '-f', '-'];
    return write(args, manifest, object);
  },
};

function manifestOf({ kind, namespace, name, app, type, values }: Stored) {
  const encode = (value: string) => (kind === 'Secret' ? Buffer.from(value).toString('base64') : value);
  return {
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace, labels: { app, [CHECKOUT_LABEL]: clusterNameOf(root) }, annotations: KEEP },
    ...(kind === 'Secret' && { type: type ?? 'Opaque' }),
    data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, encode(value)])),
  };
}

async function write(args: readonly string[], manifest: object, { kind, namespace, name }: Stored): Promise<void> {
  const title = `${kind} ${namespace}/${name}`;
  const { all, exitCode } = await kubectl(args, { input: JSON.stringify(manifest), tolerant: true, what: title });
  if (exitCode === 0) return;
  if (/AlreadyExists|Conflict|object has been modified/.test(all))
    throw new Conflict(`${title} was written by someone else meanwhile`);
  throw new Error(`${title} cannot be stored: ${all.trim()}`);
}
