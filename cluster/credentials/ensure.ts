import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { manifestObjects } from '../deploy/application.ts';
import { CHECKOUT_LABEL } from '../deploy/labels.ts';
import { partnerCertificates } from '../deploy/partner-certificates.ts';
import { apply, kubectl } from '../kubernetes/kubectl.ts';
import { clusterNameOf, root } from '../paths.ts';
import { pollUntil } from '../poll.ts';
import type { Mesh } from '../shared/mesh.ts';
import { customerAuthentication, ensureCustomerKey, wantedAuthentication } from './customer-key.ts';
import { prepareDatabaseCertificate } from './database-certificate.ts';
import { type DatabaseService, ensureDatabasePasswords } from './database-passwords.ts';
import { ensureEdgeCertificate } from './edge-certificate.ts';
import { ensurePartnerCertificate } from './partner-certificates.ts';
import { clusterStore, type Store } from './store.ts';
import { ensureTokenKeys } from './token-keys.ts';

/**
 * Makes the passwords, certificates and keys that the cluster lacks. No chart and no manifest contains one, so that
 * rendering them again, as GitOps does at each sync, changes none.
 */
export async function ensureCredentials(mesh: Mesh, store: Store = clusterStore): Promise<void> {
  const services = await databaseServices();
  const manifests = await manifestObjects(mesh);
  const certificates = partnerCertificates(manifests);
  const authentication = wantedAuthentication(manifests);
  const attempt = async () => {
    const certificate = await prepareDatabaseCertificate(store);
    await ensureDatabasePasswords(store, services, certificate.authorities);
    await certificate.store();
    for (const certificate of certificates) await ensurePartnerCertificate(store, certificate);
    await ensureTokenKeys(store);
    if (authentication) await ensureCustomerKey(store, authentication);
    await ensureEdgeCertificate(store, mesh);
  };
  // Only for a concurrent run: the second attempt keeps what that one made.
  await pollUntil(attempt, { timeoutMs: 10_000, intervalMs: 1_000, failure: (last) => last });
}

/**
 * Tells the gateway whose tokens to accept, if the manifests leave that to the cluster's own key. Until then it refuses
 * all of them.
 * @returns false if the cluster does not have Istio's CRDs yet
 */
export async function ensureAuthentication(mesh: Mesh): Promise<boolean> {
  const wanted = wantedAuthentication(await manifestObjects(mesh));
  if (!wanted) return true;
  const crd = ['get', 'crd', 'requestauthentications.security.istio.io', '--ignore-not-found', '-o', 'name'];
  if (!(await kubectl(crd)).stdout.trim()) return false;
  const object = JSON.stringify(await customerAuthentication(clusterStore, wanted));
  // istiod's webhook validates it, and may have started just now.
  await pollUntil(() => apply(object, `RequestAuthentication ${wanted.name}`, 'windlass-credentials'), {
    timeoutMs: 60_000,
    intervalMs: 1_000,
    failure: (last) => last,
  });
  return true;
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
