import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { apply } from '../../cluster/kubernetes/kubectl.ts';
import type { Cluster } from './cluster.ts';
import { kubectl } from './kubectl.ts';

/** One of Istio's networking objects. */
export interface MeshObjectRef {
  readonly plural: 'virtualservices' | 'destinationrules';
  readonly namespace: string;
  readonly name: string;
}

/** An operation of JSON Patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'test' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

const networking = { group: 'networking.istio.io', version: 'v1' } as const;

/** Reads the object from the API server. */
export function readObject(cluster: Cluster, ref: MeshObjectRef): Promise<unknown> {
  return cluster.custom.getNamespacedCustomObject({ ...networking, ...ref });
}

/** Reads all objects of the kind in a namespace from the API server. */
export function listObjects(cluster: Cluster, ref: Omit<MeshObjectRef, 'name'>): Promise<unknown> {
  return cluster.custom.listNamespacedCustomObject({ ...networking, ...ref });
}

/** Edits an object, as `kubectl patch --type json` does. Proxies get the edit a moment later. */
export async function patchObject(
  cluster: Cluster,
  ref: MeshObjectRef,
  operations: readonly PatchOperation[],
): Promise<void> {
  await cluster.custom.patchNamespacedCustomObject(
    { ...networking, ...ref, body: operations },
    setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
  );
}

interface LiveObject<Spec> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Record<string, string> };
  readonly spec: Spec;
}

/**
 * Replaces the spec of an object while the body runs, and then restores it. Proxies get both edits a moment later, so
 * the body must wait for the effect. Both specs are applied as `make up` applies them, because fields set by a patch
 * would belong to the patch and remain after the next `make up`.
 *
 * @param object like `destinationrule/acquirer`
 */
export async function whileEdited<Spec, T>(
  object: string,
  edit: (spec: Spec) => Spec,
  body: () => Promise<T>,
  inNamespace = 'shop',
): Promise<T> {
  const { apiVersion, kind, metadata, spec } = JSON.parse(
    await kubectl('-n', inNamespace, 'get', object, '-o', 'json'),
  ) as LiveObject<Spec>;
  const { name, namespace, labels } = metadata;
  const put = (wanted: Spec) =>
    apply(JSON.stringify({ apiVersion, kind, metadata: { name, namespace, labels }, spec: wanted }), object);
  await put(edit(spec));
  try {
    return await body();
  } finally {
    await put(spec);
  }
}
