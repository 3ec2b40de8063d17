import { randomBytes } from 'node:crypto';
import type { RotationTools } from './rotate-passwords.ts';
import { putValues, type Store } from './store.ts';

/**
 * The Secret with the keys that encrypt payment tokens in the database of orders, as one JSON file, which
 * services/orders/tokens/token-keys.ts reads.
 */
export const TOKEN_KEYS = { kind: 'Secret', namespace: 'shop', name: 'payment-token-keys', app: 'orders' } as const;
export const TOKEN_KEYS_FIELD = 'keys.json';

interface TokenKeys {
  /** The id of the key that encrypts. */
  readonly current: string;
  /** Oldest first. All of them decrypt. */
  readonly keys: readonly { readonly id: string; readonly key: string }[];
}

const keyBytes = 32;

/** Makes the first key, once. A key that is lost cannot be made again: what it encrypted cannot be read any more. */
export async function ensureTokenKeys(store: Store): Promise<void> {
  const current = await store.read(TOKEN_KEYS);
  if (current?.values[TOKEN_KEYS_FIELD]) return;
  const key = makeKey();
  await putValues(store, TOKEN_KEYS, valuesOf({ current: key.id, keys: [key] }), current);
}

/**
 * Adds a key and lets it encrypt. All pods can decrypt with it before one of them encrypts with it. Older keys stay,
 * because orders-worker encrypts the rest again within ten minutes, and a backup may have been made before. If it is
 * interrupted before the new key is in use, the next rotation uses that one.
 * @throws Error if there are no keys
 */
export async function rotateTokenKeys({
  store,
  waitUntilMounted,
  step,
}: Pick<RotationTools, 'store' | 'waitUntilMounted' | 'step'>): Promise<void> {
  const write = async (change: (keys: TokenKeys) => TokenKeys) => {
    const current = await store.read(TOKEN_KEYS);
    const text = current?.values[TOKEN_KEYS_FIELD];
    if (!current || !text) throw new Error(`there is no Secret shop/${TOKEN_KEYS.name}: make credentials makes it`);
    const values = valuesOf(change(JSON.parse(text) as TokenKeys));
    await putValues(store, TOKEN_KEYS, values, current);
    await waitUntilMounted(TOKEN_KEYS, values);
  };
  await step('a new key for payment tokens beside the old ones, in the files of all pods', () =>
    write(({ current, keys }) => ({
      current,
      // The last rotation was interrupted if the newest key is not in use.
      keys: keys.at(-1)?.id === current ? [...keys, makeKey()] : keys,
    })),
  );
  await step('payment tokens are encrypted with the new key', () =>
    write(({ current, keys }) => ({ current: keys.at(-1)?.id ?? current, keys })),
  );
}

/** The steps of a rotation, for its progress. */
export const TOKEN_KEY_STEPS = 2;

function makeKey() {
  return { id: randomBytes(4).toString('hex'), key: randomBytes(keyBytes).toString('base64') };
}

function valuesOf(keys: TokenKeys): Record<string, string> {
  return { [TOKEN_KEYS_FIELD]: JSON.stringify(keys) };
}
