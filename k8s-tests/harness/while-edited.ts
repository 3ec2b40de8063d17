import { apply } from '../../cluster/kubernetes/kubectl.ts';
import { kubectl } from './kubectl.ts';

interface LiveObject<Spec> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Record<string, string> };
  readonly spec: Spec;
}

/**
 * Edits the spec of an object in `shop` while the body runs, and then puts it back. Proxies learn of either a moment later: wait
 * for what the edit does. Both are applied as `make up` applies: a patch's fields would stay the patch's, and outlive the source's.
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
