import { randomBytes } from 'node:crypto';
import type { TokenKeys } from '../token-keys.ts';
import { createTokenVault } from '../token-vault.ts';

/** Random keys of these ids, of which the last one is current. */
export function someKeys(...ids: readonly string[]): TokenKeys {
  return { current: ids.at(-1) ?? '', keys: ids.map((id) => ({ id, key: randomBytes(32) })) };
}

const keys = someKeys('k-1');
/** A vault with one random key. */
export const testVault = createTokenVault(() => keys);
