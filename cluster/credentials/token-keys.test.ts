import { beforeEach, expect, test } from 'vitest';
import { type MemoryStore, memoryStore, titleOf } from './testing.ts';
import { ensureTokenKeys, rotateTokenKeys, TOKEN_KEYS, TOKEN_KEYS_FIELD } from './token-keys.ts';

interface Keys {
  readonly current: string;
  readonly keys: readonly { readonly id: string; readonly key: string }[];
}

let store: MemoryStore;
/** What the pods have. */
let mounted: Keys;
beforeEach(async () => {
  store = memoryStore();
  await ensureTokenKeys(store);
  mounted = stored();
});

const stored = () => JSON.parse(store.objects.get(titleOf(TOKEN_KEYS))?.values[TOKEN_KEYS_FIELD] ?? '') as Keys;
const canOpen = ({ keys }: Keys, { current }: Keys) => keys.some(({ id }) => id === current);

/** Runs a rotation that is killed before its operation of this number. @returns whether it came to its end */
async function rotateUntil(limit: number): Promise<boolean> {
  let count = 0;
  const counted =
    <Args extends unknown[]>(work: (...args: Args) => Promise<void>) =>
    async (...args: Args): Promise<void> => {
      if (count++ === limit) throw new Error('killed');
      await work(...args);
      // A pod with new files encrypts, one with old files decrypts, and the other way around.
      expect([canOpen(mounted, stored()), canOpen(stored(), mounted)]).toEqual([true, true]);
    };
  const rotated = rotateTokenKeys({
    store: { ...store, replace: counted(store.replace) },
    waitUntilMounted: counted(async () => {
      mounted = stored();
    }),
    step: (_, work) => work(),
  });
  return rotated.then(
    () => true,
    () => false,
  );
}

test('the first key has 256 random bits, and a second run makes no other one', async () => {
  const made = stored();
  expect(made).toEqual({
    current: expect.stringMatching(/^[0-9a-f]{8}$/),
    keys: [{ id: made.current, key: expect.any(String) }],
  });
  expect(Buffer.from(made.keys[0]?.key ?? '', 'base64')).toHaveLength(32);
  await ensureTokenKeys(store);
  expect(stored()).toEqual(made);
});

test('a rotation adds a key that all pods have before one of them uses it, and keeps the others', async () => {
  const before = stored();
  expect(await rotateUntil(Number.POSITIVE_INFINITY)).toBe(true);
  const { current, keys } = stored();
  expect(keys).toHaveLength(2);
  expect(keys[0]).toEqual(before.keys[0]);
  expect(keys[1]?.id).toBe(current);
});

test('after a rotation that is killed at any point, all pods can decrypt, and the next one ends with its key in use', async () => {
  for (let limit = 0; ; limit++) {
    store = memoryStore();
    await ensureTokenKeys(store);
    mounted = stored();
    if (await rotateUntil(limit)) return;
    expect(await rotateUntil(Number.POSITIVE_INFINITY)).toBe(true);
    const { current, keys } = stored();
    expect(keys.at(-1)?.id, `killed before ${limit}`).toBe(current);
    // A new key is in use before all pods are known to have it in use: then the next rotation adds one more.
    expect(keys.length).toBeLessThanOrEqual(3);
  }
});
