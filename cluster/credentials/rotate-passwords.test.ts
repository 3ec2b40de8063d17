import { beforeEach, describe, expect, test } from 'vitest';
import { ensureDatabasePasswords, rolesOf } from './database-passwords.ts';
import { rotatePasswords } from './rotate-passwords.ts';
import { type MemoryStore, memoryStore, titleOf } from './testing.ts';

let store: MemoryStore;
let objects: MemoryStore['objects'];
beforeEach(() => {
  store = memoryStore();
  ({ objects } = store);
});

const orders = { name: 'orders', namespace: 'shop' };
const roles = () => objects.get('Secret postgres/postgres-roles')?.values ?? {};

describe('a rotation', () => {
  /** What Postgres knows, and what its pod and those of the service have in their files. */
  let postgres: Record<string, string>;
  let files: Map<string, Record<string, string>>;
  const passwordOf = (value: string | undefined) => (value ? new URL(value).password : undefined);
  const secrets = rolesOf(orders).map(({ role }) => [role, `Secret shop/postgres-${role}`] as const);
  const refresh = (title: string) => files.set(title, { ...objects.get(title)?.values });

  beforeEach(async () => {
    await ensureDatabasePasswords(store, [orders], 'authority');
    files = new Map();
    for (const title of objects.keys()) refresh(title);
    postgres = { ...roles() };
  });

  /** Every pod must be able to connect, whether its files are those of now or of a while ago. */
  function expectServed(): void {
    for (const [role, title] of secrets)
      for (const { url: current, 'previous-url': previous } of [files.get(title), objects.get(title)?.values] as Record<
        string,
        string
      >[])
        expect([passwordOf(current), passwordOf(previous)], role).toContain(postgres[role]);
  }

  /** Runs a rotation that is killed before its operation of this number. @returns whether it came to its end */
  async function rotateUntil(limit: number): Promise<boolean> {
    let count = 0;
    const counted =
      <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        if (count++ === limit) throw new Error('killed');
        const result = await work(...args);
        expectServed();
        return result;
      };
    const rotated = rotatePasswords(rolesOf(orders), {
      store: { ...store, replace: counted(store.replace) },
      waitUntilMounted: counted(async (reference) => void refresh(titleOf(reference))),
      setPassword: counted(async ([current, previous]) => {
        const { username: role, password } = new URL(current);
        expect([password, passwordOf(previous)]).toContain(postgres[role]);
        postgres[role] = password;
      }),
      step: (_, work) => work(),
    });
    return rotated.then(
      () => true,
      (error: Error) => {
        if (error.message !== 'killed') throw error;
        return false;
      },
    );
  }

  test('gives every role a new password and leaves no old one', async () => {
    const before = roles();
    expect(await rotateUntil(Number.POSITIVE_INFINITY)).toBe(true);
    for (const [role, title] of secrets) {
      expect(postgres[role]).not.toBe(before[role]);
      expect(roles()[role]).toBe(postgres[role]);
      expect(objects.get(title)?.values).not.toHaveProperty('previous-url');
      expect(passwordOf(objects.get(title)?.values.url)).toBe(postgres[role]);
    }
  });

  test.each(['nothing else happens', 'make credentials runs', 'Postgres restarts'])(
    'that is killed at any point locks no pod out, and the next one finishes it, if meanwhile %s',
    async (event) => {
      for (let limit = 0, isDone = false; !isDone; limit++) {
        isDone = await rotateUntil(limit);
        if (event === 'make credentials runs') await ensureDatabasePasswords(store, [orders], 'authority');
        // It sets the passwords of its files, which may be older than the Secret.
        if (event === 'Postgres restarts') postgres = { ...files.get('Secret postgres/postgres-roles') };
        expectServed();
        expect(await rotateUntil(Number.POSITIVE_INFINITY)).toBe(true);
        expect(roles()).toEqual(postgres);
      }
    },
  );
});
