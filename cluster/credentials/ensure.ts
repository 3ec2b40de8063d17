import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { manifestObjects } from '../deploy/application.ts';
import { CHECKOUT_LABEL } from '../deploy/labels.ts';
import { partnerCertificates } from '../deploy/partner-certificates.ts';
import { kubectl } from '../kubernetes/kubectl.ts';
import { clusterNameOf, root } from '../paths.ts';
import { pollUntil } from '../poll.ts';
import { prepareDatabaseCertificate } from './database-certificate.ts';
import { type DatabaseService, ensureDatabasePasswords } from './database-passwords.ts';
import { ensurePartnerCertificate } from './partner-certificates.ts';
import { clusterStore, type Store } from './store.ts';

/**
 * Makes the passwords and certificates that the cluster lacks. No chart and no manifest contains one, so that
 * rendering them again, as GitOps does at each sync, changes none.
 */
export async function ensureCredentials(store: Store = clusterStore): Promise<void> {
  const services = await databaseServices();
  const certificates = partnerCertificates(await manifestObjects());
  const attempt = async () => {
    const certificate = await prepareDatabaseCertificate(store);
    await ensureDatabasePasswords(store, services, certificate.authorities);
    await certificate.store();
    for (const certificate of certificates) await ensurePartnerCertificate(store, certificate);
  };
  // Only for a concurrent run: the second attempt keeps what that one made.
  await pollUntil(attempt, { timeoutMs: 10_000, intervalMs: 1_000, failure: (last) => last });
}

/** The services that have a database in Postgres. */
export async function databaseServices(): Promise<readonly DatabaseService[]> {
  const values = parse(await readFile(join(root, 'charts/postgres/values.yaml'), 'utf8')) as {
    services: DatabaseService[];
  };
  return values.services;
}

/** Removes the credentials that this checkout made in these namespaces. */
export async function removeCredentials(namespaces: readonly string[]): Promise<void> {
  const ours = ['-l', `${CHECKOUT_LABEL}=${clusterNameOf(root)}`, '--ignore-not-found'];
  for (const namespace of namespaces) await kubectl(['-n', namespace, 'delete', 'secrets,configmaps', ...ours]);
}
