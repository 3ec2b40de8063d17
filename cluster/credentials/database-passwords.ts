import { randomBytes } from 'node:crypto';
import type { Current, Store } from './store.ts';

/** A service with a role and a database of its name in Postgres, as charts/postgres/values.yaml lists them. */
export interface DatabaseService {
  readonly name: string;
  readonly namespace: string;
}

/** The namespace of Postgres, and the Secret with all passwords by role, from which Postgres sets them at its start. */
const NAMESPACE = 'postgres';
const ROLES = { kind: 'Secret', namespace: NAMESPACE, name: 'postgres-roles', app: 'postgres' } as const;

/**
 * Makes the passwords that are missing, and keeps those that exist: the Secret `postgres-roles`, and for each service
 * the Secret `postgres-<service>` with key `url` in the service's namespace, which follows from `postgres-roles`.
 * An interrupted run is completed by the next one. Of two concurrent runs, one wins and the other throws `Conflict`.
 */
export async function ensureDatabasePasswords(store: Store, services: readonly DatabaseService[]): Promise<void> {
  const roles = await store.read(ROLES);
  const urls = new Map<DatabaseService, Current | undefined>();
  for (const service of services) urls.set(service, await store.read(secretOf(service)));
  const passwords = Object.fromEntries(
    services.map((service) => [
      service.name,
      roles?.values[service.name] || passwordIn(urls.get(service)?.values.url) || randomBytes(24).toString('hex'),
    ]),
  );
  await put(store, { ...ROLES, values: passwords }, roles);
  for (const service of services) {
    const url = urlOf(service, passwords[service.name] ?? '');
    await put(store, { ...secretOf(service), app: 'postgres', values: { url } }, urls.get(service));
  }
}

async function put(store: Store, object: Parameters<Store['create']>[0], current: Current | undefined): Promise<void> {
  if (!current) return store.create(object);
  const isSame = Object.entries(object.values).every(([key, value]) => current.values[key] === value);
  if (isSame && current.isKept) return;
  // Those of removed services stay.
  await store.replace({ ...object, values: { ...current.values, ...object.values } }, current.version);
}

function secretOf({ name, namespace }: DatabaseService) {
  return { kind: 'Secret', namespace, name: `postgres-${name}` } as const;
}

function urlOf({ name }: DatabaseService, password: string): string {
  return `postgres://${name}:${encodeURIComponent(password)}@postgres.${NAMESPACE}.svc.cluster.local:5432/${name}`;
}

function passwordIn(url: string | undefined): string | undefined {
  return url && URL.canParse(url) ? decodeURIComponent(new URL(url).password) : undefined;
}
