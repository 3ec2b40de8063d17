import { readFileSync } from 'node:fs';
import { z } from 'zod';

const keyBytes = 32;
const keyRule = `must be ${keyBytes} bytes in base64`;
const idRule = 'must be 1 to 32 letters, digits and hyphens';

const keySchema = z.strictObject({
  id: z.string().regex(/^[\da-z-]{1,32}$/, idRule),
  key: z
    .string()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine(({ length }) => length === keyBytes, keyRule),
});

/**
 * The keys that encrypt payment tokens, as their file has them. `current` encrypts, the others only decrypt what they
 * encrypted before. cluster/credentials/token-keys.ts writes the file.
 */
const tokenKeysSchema = z
  .strictObject({ current: z.string(), keys: z.array(keySchema).min(1) })
  .refine(({ current, keys }) => keys.some(({ id }) => id === current), '`current` must be the id of one of the keys')
  .refine(({ keys }) => new Set(keys.map(({ id }) => id)).size === keys.length, 'each id must be there once');

export type TokenKeys = z.output<typeof tokenKeysSchema>;

/**
 * Reads the keys of the file.
 * @throws Error if the file cannot be read, or has no such keys; it quotes nothing of the file
 */
export function readTokenKeys(path: string): TokenKeys {
  const result = tokenKeysSchema.safeParse(parse(readFileSync(path, 'utf8')));
  if (result.success) return result.data;
  throw new Error(`${path} has no keys: ${result.error.issues.map(({ message }) => message).join(', ')}`);
}

/** Without the error of JSON.parse, which quotes the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The variables of a program that stores payment tokens, or calls payments with a stored one. */
export const tokenKeyVariables = {
  PAYMENT_TOKEN_KEYS_FILE: z
    .string()
    .superRefine((path, context) => {
      try {
        readTokenKeys(path);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `must be a file with keys: ${(error as Error).message}` });
      }
    })
    .describe('JSON file with the keys that encrypt stored payment tokens; read each time one is used'),
};
