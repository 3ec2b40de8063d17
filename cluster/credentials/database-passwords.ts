import { randomBytes } from 'node:crypto';
import { type Current, putValues, type Store } from './store.ts';

/** A service with a database of its name in Postgres, as charts/postgres/values.yaml lists them. */
export interface DatabaseService {
  readonly name: string;
  readonly namespace: string;
}

/** A role of a database, with its password in the Secret `postgres-<role>` of the service's namespace. */
export interface DatabaseRole {
  readonly role: string;
  readonly database: string;
  readonly namespace: string;
}

export const DATABASE_NAMESPACE = 'postgres';
export const DATABASE_HOST = `postgres.${DATABASE_NAMESPACE}.svc.cluster.local`;
/** The Secret with all passwords by role, from which Postgres sets them at its start. */
export const ROLES = {
  kind: 'Secret',
  namespace: DATABASE_NAMESPACE,
  name: 'postgres-roles',
  app: 'postgres',
} as const;

/** The role that reads the server's statistics. Only Postgres and the exporter beside it know its password. */
const MONITORING_ROLE = 'monitoring';

/** The service's role, which reads and writes rows, and its migrator's, which owns the database. */
export function rolesOf({ name, namespace }: DatabaseService): readonly DatabaseRole[] {
  return [name, `${name}-migrator`].map((role) => ({ role, database: name, namespace }));
}

/**
 * Makes the passwords that are missing, and keeps those that exist: the Secret `postgres-roles`, and for each role the
 * Secret `postgres-<role>` with key `url`, which follows from `postgres-roles`, and `ca.crt`. The monitoring role has no
 * Secret of its own. A rotation that is under way stays under way. An interrupted run is completed by the next one. Of
 * two concurrent runs, one wins and the other throws `Conflict`.
 *
 * @param authorities of the certificate of Postgres, as PEM
 */
export async function ensureDatabasePasswords(
  store: Store,
  services: readonly DatabaseService[],
  authorities: string,
): Promise<void> {
  const stored = await store.read(ROLES);
  const roles = services.flatMap(rolesOf);
  const read = async (role: DatabaseRole) => [role, await store.read(secretOf(role))] as const;
  const secrets = new Map<DatabaseRole, Current | undefined>(await Promise.all(roles.map(read)));
  const passwords = Object.fromEntries([
    ...roles.map((role) => [
      role.role,
      stored?.values[role.role] || passwordIn(secrets.get(role)?.values.url) || makePassword(),
    ]),
    [MONITORING_ROLE, stored?.values[MONITORING_ROLE] || makePassword()],
  ]);
  await putValues(store, ROLES, passwords, stored);
  const write = async (role: DatabaseRole) => {
    const current = secrets.get(role);
    const password = passwords[role.role] ?? '';
    const isRotating = current !== undefined && rotatingPasswords(current).includes(password);
    const values = { ...(!isRotating && { url: urlOf(role, password) }), 'ca.crt': authorities };
    await putValues(store, secretOf(role), values, current);
  };
  await Promise.all(roles.map(write));
}

export function makePassword(): string {
  return randomBytes(24).toString('hex');
}

export function secretOf({ role, namespace }: DatabaseRole) {
  return { kind: 'Secret', namespace, name: `postgres-${role}`, app: 'postgres' } as const;
}

export function urlOf({ role, database }: DatabaseRole, password: string): string {
  return `postgres://${role}:${encodeURIComponent(password)}@${DATABASE_HOST}:5432/${database}`;
}

export function passwordIn(url: string | undefined): string | undefined {
  return url && URL.canParse(url) ? decodeURIComponent(new URL(url).password) : undefined;
}

/** The new and the previous password of a rotation that is under way; none if there is no rotation. */
function rotatingPasswords({ values }: Current): readonly (string | undefined)[] {
  return values['previous-url'] ? [passwordIn(values.url), passwordIn(values['previous-url'])] : [];
}
