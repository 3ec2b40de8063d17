import { setTimeout as sleep } from 'node:timers/promises';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Cluster } from '../../harness/cluster.ts';
import { eventually } from '../../harness/eventually.ts';
import type { BadEdit, EditedKind } from './edits.ts';

const namespace = 'shop';
const versionOf = (plural: EditedKind) => ({
  group: 'networking.istio.io',
  version: plural === 'envoyfilters' ? 'v1alpha3' : 'v1',
  plural,
  namespace,
});

const objectSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
  spec: z.record(z.string(), z.unknown()),
});
const listSchema = z.object({ items: z.array(z.unknown()) });

/** An object of the mesh as it was before all edits. */
export interface Original {
  readonly plural: EditedKind;
  readonly name: string;
  /** The called service: the part of the name before `-from-…` or `-problems`. */
  readonly callee: string;
  readonly object: z.infer<typeof objectSchema>;
}

/** Reads all objects of the kind in the shop. */
export async function readOriginals(cluster: Cluster, plural: EditedKind): Promise<readonly Original[]> {
  const { items } = listSchema.parse(await cluster.custom.listNamespacedCustomObject(versionOf(plural)));
  return items.map((item) => {
    const { kind, apiVersion } = namesOf[plural];
    const object = objectSchema.parse({ kind, apiVersion, ...(item as object) });
    const { name } = object.metadata;
    return { plural, name, callee: name.replace(/-(from|problems).*$/, ''), object };
  });
}

/** An item of a list may lack them. */
const namesOf = {
  virtualservices: { kind: 'VirtualService', apiVersion: 'networking.istio.io/v1' },
  destinationrules: { kind: 'DestinationRule', apiVersion: 'networking.istio.io/v1' },
  envoyfilters: { kind: 'EnvoyFilter', apiVersion: 'networking.istio.io/v1alpha3' },
  serviceentries: { kind: 'ServiceEntry', apiVersion: 'networking.istio.io/v1' },
} as const satisfies Record<EditedKind, { kind: string; apiVersion: string }>;

export interface EditRecord {
  readonly original: Original;
  readonly edit: BadEdit;
  /** Why the API server or istiod rejected it. Undefined: it was in force. */
  readonly rejected: string | undefined;
  readonly fromMs: number;
  /** When the proxies had the original again. */
  readonly toMs: number;
}

/** How long an edit is in force: two requests, and many times the p99 of its way to the proxies while istiod runs. */
const holdMs = 500;

/** What the proxies have to show before the next step. */
export interface Waits {
  readonly untilInForce: () => Promise<unknown>;
  readonly untilRestored: () => Promise<unknown>;
}

/**
 * Applies the edit and restores the original. If istiod does not run, its webhook rejects both; they are applied again
 * until it has returned.
 */
export async function holdEdit(
  cluster: Cluster,
  original: Original,
  edit: BadEdit,
  { untilInForce, untilRestored }: Waits,
): Promise<EditRecord> {
  const fromMs = Date.now();
  const spec = edit.change(original.object.spec);
  const rejected = await (spec === undefined ? remove(cluster, original) : put(cluster, original, spec));
  if (rejected === undefined) {
    await untilInForce();
    await sleep(holdMs);
    const again = await put(cluster, original, original.object.spec);
    if (again !== undefined) throw new Error(`${original.plural}/${original.name} was not restored: ${again}`);
    await untilRestored();
  }
  return { original, edit, rejected, fromMs, toMs: Date.now() };
}

/** Applies the object as `make up` does, so that the fields remain those of `make up`. Returns why it was rejected. */
function put(cluster: Cluster, { plural, name, object }: Original, spec: object): Promise<string | undefined> {
  const { labels } = object.metadata;
  const body = { ...object, metadata: { name, namespace, ...(labels && { labels }) }, spec };
  return ask(() =>
    cluster.custom.patchNamespacedCustomObject(
      { ...versionOf(plural), name, body, fieldManager: 'windlass', force: true },
      setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
    ),
  );
}

function remove(cluster: Cluster, { plural, name }: Original): Promise<string | undefined> {
  return ask(() => cluster.custom.deleteNamespacedCustomObject({ ...versionOf(plural), name }));
}

/** @returns the reason for which the request was rejected by something other than the absence of istiod */
function ask(request: () => Promise<unknown>): Promise<string | undefined> {
  return eventually(
    async () => {
      try {
        await request();
        return undefined;
      } catch (error) {
        const body = error instanceof Object && 'body' in error ? String(error.body) : '';
        if (body === '' || body.includes('failed calling webhook')) throw error;
        return z.object({ message: z.string() }).parse(JSON.parse(body)).message;
      }
    },
    { timeoutMs: 90_000, intervalMs: 500 },
  );
}
