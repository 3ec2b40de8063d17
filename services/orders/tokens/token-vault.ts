import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DomainError } from '../../lib/runtime/domain-error.ts';
import { readTokenKeys, type TokenKeys } from './token-keys.ts';

declare const stored: unique symbol;

/** A payment token as tables have it: encrypted, or in plain text if an earlier release stored it. */
export type StoredToken = string & { readonly [stored]: true };

/** Encrypts payment tokens for the tables, and decrypts them for the call of payments. */
export interface TokenVault {
  seal(token: string): StoredToken;
  /** @throws DomainError `internal` if the text was changed, or its key is unknown */
  open(token: StoredToken): string;
  /** What every token begins with that the current key has encrypted. */
  currentPrefix(): string;
}

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const version = 'sealed:v1';

/** @param path the file of the keys; it may change at any time, and is read for each token */
export function openTokenVault(path: string): TokenVault {
  return createTokenVault(() => readTokenKeys(path));
}

/**
 * A sealed token is `sealed:v1:<key id>:<base64url of iv, tag and ciphertext>`. The tag also authenticates what is before
 * the last colon.
 */
export function createTokenVault(keys: () => TokenKeys): TokenVault {
  return {
    currentPrefix: () => prefixOf(keys()),
    seal(token) {
      // Read once, because the file may change at any time.
      const now = keys();
      const prefix = prefixOf(now);
      const key = keyOf(now, now.current) as Buffer;
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(prefix));
      const text = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
      return `${prefix}${Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')}` as StoredToken;
    },
    open(token) {
      // Of an earlier release. reseal-tokens.ts encrypts it.
      if (!token.startsWith(`${version}:`)) return token;
      const prefix = token.slice(0, token.lastIndexOf(':') + 1);
      const key = keyOf(keys(), idIn(prefix));
      if (!key) throw new DomainError('internal', `A payment token has the unknown key ${idIn(prefix)}.`);
      const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
      try {
        const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
          .setAAD(Buffer.from(prefix))
          .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
        return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8');
      } catch {
        throw new DomainError('internal', `A payment token of the key ${idIn(prefix)} was changed.`);
      }
    },
  };
}

const keyOf = ({ keys }: TokenKeys, id: string) => keys.find((one) => one.id === id)?.key;
const prefixOf = ({ current }: TokenKeys): string => `${version}:${current}:`;
const idIn = (prefix: string): string => prefix.slice(version.length + 1, -1);
