import { type DatabaseRole, makePassword, passwordIn, ROLES, secretOf, urlOf } from './database-passwords.ts';
import type { Current, Reference, Store } from './store.ts';

/** What a rotation needs of the cluster. */
export interface RotationTools {
  readonly store: Store;
  /** Resolves once every running container that mounts the object has these values in its files. */
  waitUntilMounted(reference: Reference, values: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Sets a role's password in Postgres, with the role's own rights.
   * @param urls the URL with the new password, then the previous one; Postgres accepts one of them
   * @param authorities that the certificate of Postgres must be of, as PEM
   */
  setPassword(urls: readonly [current: string, previous: string], authorities: string): Promise<void>;
  /** Says what happens next. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
}

/** The steps of a rotation, for its progress. */
export const ROTATION_STEPS = 4;

/**
 * Gives roles new passwords. Clients have both passwords before Postgres learns the new one, and keep both until it
 * knows no other, so no connection fails. Postgres sets the passwords of `postgres-roles` if it restarts meanwhile: they
 * are always among those that clients have. An interrupted rotation is finished by the next one, with the same password.
 */
export async function rotatePasswords(roles: readonly DatabaseRole[], tools: RotationTools): Promise<void> {
  const { store, waitUntilMounted, setPassword, step } = tools;
  const urls = new Map<DatabaseRole, string>();
  await step('new passwords beside the old ones, in the files of all pods', async () => {
    for (const role of roles) urls.set(role, await begin(store, role));
    await Promise.all([...urls].map(([role, url]) => waitUntilMounted(secretOf(role), { url })));
  });
  await step('the passwords from which Postgres starts', async () => {
    const passwords = Object.fromEntries([...urls].map(([{ role }, url]) => [role, passwordIn(url) ?? '']));
    const current = await existing(store, ROLES);
    await store.replace({ ...ROLES, values: { ...current.values, ...passwords } }, current.version);
    await waitUntilMounted(ROLES, passwords);
  });
  await step('the passwords in Postgres', async () => {
    for (const role of roles) {
      const { values } = await existing(store, secretOf(role));
      await setPassword([values.url ?? '', values['previous-url'] ?? ''], values['ca.crt'] ?? '');
    }
  });
  await step('the old passwords are gone', async () => {
    for (const role of roles) {
      const { values, version } = await existing(store, secretOf(role));
      const { 'previous-url': _, ...kept } = values;
      await store.replace({ ...secretOf(role), values: kept }, version);
    }
  });
}

/** Adds a new password to a role's Secret, unless a rotation is under way. @returns the URL with the new password */
async function begin(store: Store, role: DatabaseRole): Promise<string> {
  const { values, version } = await existing(store, secretOf(role));
  if (values.url && values['previous-url'] && values.url !== values['previous-url']) return values.url;
  const url = urlOf(role, makePassword());
  const rotating = { ...values, url, 'previous-url': values.url ?? '' };
  await store.replace({ ...secretOf(role), values: rotating }, version);
  return url;
}

async function existing(store: Store, reference: Reference): Promise<Current> {
  const current = await store.read(reference);
  const title = `${reference.kind} ${reference.namespace}/${reference.name}`;
  if (!current) throw new Error(`there is no ${title}: make credentials makes it`);
  return current;
}
