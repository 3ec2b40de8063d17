import { X509Certificate } from 'node:crypto';
import { DATABASE_HOST, DATABASE_NAMESPACE } from './database-passwords.ts';
import { fits, makePair } from './partner-certificates.ts';
import { putValues, type Store } from './store.ts';

const CERTIFICATE = {
  kind: 'Secret',
  namespace: DATABASE_NAMESPACE,
  name: 'postgres-tls',
  app: 'postgres',
  type: 'kubernetes.io/tls',
} as const;

/** It is replaced this long before it expires. Any later run of `make up` or `make credentials` does it. */
const RENEWAL_MS = 60 * 86_400_000;

/** The certificate of Postgres. */
export interface DatabaseCertificate {
  /** The authorities that clients must trust, as PEM: that of this certificate, and of the one that it replaces. */
  readonly authorities: string;
  /** Stores the certificate where Postgres loads it. Clients must have the authorities before. */
  store(): Promise<void>;
}

/** Reads the certificate of Postgres, or makes one if there is none that fits and stays valid for a while. */
export async function prepareDatabaseCertificate(store: Store): Promise<DatabaseCertificate> {
  const current = await store.read(CERTIFICATE);
  const [former = ''] = current?.values['ca.crt']?.match(/-----BEGIN [\s\S]+?-----END [^\n]+\n?/) ?? [];
  if (current && fits({ ...current.values, 'ca.crt': former }, DATABASE_HOST, RENEWAL_MS))
    return { authorities: current.values['ca.crt'] ?? '', store: () => putValues(store, CERTIFICATE, {}, current) };
  const pair = await makePair(DATABASE_HOST);
  const authorities = `${pair['ca.crt']?.trim()}\n${isValid(former) ? `${former.trim()}\n` : ''}`;
  return {
    authorities,
    store: () => putValues(store, CERTIFICATE, { ...pair, 'ca.crt': authorities }, current),
  };
}

function isValid(authority: string): boolean {
  try {
    return Date.parse(new X509Certificate(authority).validTo) > Date.now();
  } catch {
    return false;
  }
}
