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

/** The object as the API server has it. */
export function readObject(cluster: Cluster, ref: MeshObjectRef): Promise<unknown> {
  return cluster.custom.getNamespacedCustomObject({ ...networking, ...ref });
}

/** All objects of the kind in a namespace, as the API server has them. */
export function listObjects(cluster: Cluster, ref: Omit<MeshObjectRef, 'name'>): Promise<unknown> {
  return cluster.custom.listNamespacedCustomObject({ ...networking, ...ref });
}

/** Edits an object in place, as `kubectl patch --type json` does. Proxies learn of it a moment later. */
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
 * Replaces the spec of an object in `shop` while the body runs, and then restores it. Proxies learn of either a moment later:
 * wait for the effect of the edit. Both specs are applied as `make up` applies them. The fields of a patch would stay the
 * patch's and outlive the source's.
 *
 * @param object like `destinationrule/acquirer`
 */
export async function whileEdited<Spec, T>(
  object: string,
  edit: (spec: Spec) => Spec,
  body: () => Promise<T>,
): Promise<T> {
  const { apiVersion, kind, metadata, spec } = JSON.parse(
    await kubectl('-n', 'shop', 'get', object, '-o', 'json'),
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
