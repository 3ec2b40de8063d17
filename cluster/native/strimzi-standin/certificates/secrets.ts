import type { V1OwnerReference, V1Secret } from '@kubernetes/client-node';
import { clusterLabels, names, podNames } from '../broker/names.ts';
import type { Client } from '../kubernetes/client.ts';
import type { Kafka, Resource, Secrets, Status, StoredSecret } from '../resources.ts';
import { isCurrent, isOf, issue, type KeyPair, makeAuthority, type Subject, type Validity } from './certificate.ts';

/** Strimzi's organization in the certificates of its own parts. Users have none, so that no user has such a name. */
const ORGANIZATION = 'io.strimzi';
const DEFAULT_VALIDITY: Validity = { validityDays: 365, renewalDays: 30 };
const GENERATION = 'strimzi.io/ca-cert-generation';

/** The certificates of a Kafka cluster. */
export interface Certificates {
  /** Signs the certificates of brokers and operators, and is what clients trust. */
  readonly clusterCa: KeyPair;
  /** Signs the certificates of users, and is what brokers trust. */
  readonly clientsCa: KeyPair;
  /** This program's own, with which it is a super user of the broker. */
  readonly operator: KeyPair;
}

export const clusterCaValidity = ({ spec }: Kafka): Validity => ({ ...DEFAULT_VALIDITY, ...spec.clusterCa });
export const clientsCaValidity = ({ spec }: Kafka): Validity => ({ ...DEFAULT_VALIDITY, ...spec.clientsCa });

/** The principals that may do everything: the brokers and the operators. */
export const superUsers = (cluster: string): readonly string[] =>
  [names(cluster).component, 'cluster-operator'].map((name) => `User:CN=${name},O=${ORGANIZATION}`);

/** Makes the authorities of a cluster and this program's certificate, where they are missing or about to expire. */
export async function ensureAuthorities(client: Client, kafka: Kafka, secrets: Secrets): Promise<Certificates> {
  const ensure = async (authority: 'cluster-ca' | 'clients-ca', validity: Validity): Promise<KeyPair> => {
    const name = `${kafka.metadata.name}-${authority}`;
    const stored = secrets.get(`${name}-cert`);
    const key = secrets.get(name)?.values['ca.key'];
    const pair = { cert: stored?.values['ca.crt'] ?? '', key: key ?? '' };
    if (isCurrent(pair, pair, validity)) return pair;
    const isRenewal = isOf(pair, pair);
    const generation = isRenewal ? Number(stored?.annotations[GENERATION] ?? 0) + 1 : 0;
    const subject = { organization: ORGANIZATION, commonName: `${authority} v0` };
    const made = await makeAuthority(subject, validity, isRenewal ? key : undefined);
    const keyOnly = { annotations: { 'strimzi.io/ca-key-generation': '0' }, values: { 'ca.key': made.key } };
    const certOnly = { annotations: { [GENERATION]: String(generation) }, values: { 'ca.crt': made.cert } };
    await client.apply(ofKafka(kafka, name, keyOnly));
    await client.apply(ofKafka(kafka, `${name}-cert`, certOnly));
    return made;
  };
  const [clusterCa, clientsCa] = await Promise.all([
    ensure('cluster-ca', clusterCaValidity(kafka)),
    ensure('clients-ca', clientsCaValidity(kafka)),
  ]);
  const bundle = { 'cluster-ca.crt': clusterCa.cert, 'clients-ca.crt': clientsCa.cert };
  const bundleName = `${kafka.metadata.name}-trustbundle`;
  const known = secrets.get(bundleName)?.values;
  if (Object.entries(bundle).some(([file, cert]) => known?.[file] !== cert))
    await client.apply(ofKafka(kafka, bundleName, { values: bundle }));
  const operator = await ensureOfCluster(client, kafka, secrets, clusterCa, {
    secret: `${kafka.metadata.name}-cluster-operator-certs`,
    file: 'cluster-operator',
    subject: { commonName: 'cluster-operator', organization: ORGANIZATION },
  });
  return { clusterCa, clientsCa, operator };
}

/** Makes the certificate of a pool's broker, if it is missing or about to expire. */
export function ensureBrokerCertificate(
  client: Client,
  kafka: Kafka,
  pool: string,
  secrets: Secrets,
  { clusterCa }: Certificates,
): Promise<KeyPair> {
  const { name: cluster, namespace } = kafka.metadata;
  const { pod } = podNames(cluster, pool);
  const { bootstrapService, brokersService, component } = names(cluster);
  const services = [bootstrapService, brokersService].flatMap((service) => [
    service,
    `${service}.${namespace}`,
    `${service}.${namespace}.svc`,
    `${service}.${namespace}.svc.cluster.local`,
  ]);
  const ofPod = `${pod}.${brokersService}.${namespace}.svc`;
  return ensureOfCluster(client, kafka, secrets, clusterCa, {
    secret: pod,
    file: pod,
    subject: {
      commonName: component,
      organization: ORGANIZATION,
      hosts: [...services, ofPod, `${ofPod}.cluster.local`],
    },
  });
}

async function ensureOfCluster(
  client: Client,
  kafka: Kafka,
  secrets: Secrets,
  clusterCa: KeyPair,
  { secret, file, subject }: { readonly secret: string; readonly file: string; readonly subject: Subject },
): Promise<KeyPair> {
  const [certFile, keyFile] = [`${file}.crt`, `${file}.key`];
  const { [certFile]: cert = '', [keyFile]: key = '' } = secrets.get(secret)?.values ?? {};
  const validity = clusterCaValidity(kafka);
  if (isCurrent(clusterCa, { cert, key }, validity)) return { cert, key };
  const made = await issue(clusterCa, subject, validity);
  await client.apply(ofKafka(kafka, secret, { values: { [certFile]: made.cert, [keyFile]: made.key } }));
  return made;
}

function ofKafka(kafka: Kafka, name: string, { values, annotations = {} }: Partial<StoredSecret>): V1Secret {
  return secretOf(kafka, {
    name,
    annotations,
    labels: {
      ...clusterLabels(kafka.metadata.name),
      'strimzi.io/component-type': 'certificate-authority',
      'strimzi.io/name': 'strimzi',
    },
    values: values ?? {},
  });
}

/** A Secret that a resource owns, so that it is deleted with it. */
export function secretOf(
  { apiVersion, kind, metadata: { name: ownerName, namespace, uid } }: Resource<unknown, Status>,
  { name, labels, annotations = {}, values }: StoredSecretProps,
): V1Secret {
  const owner: V1OwnerReference = { apiVersion, kind, name: ownerName, uid };
  const data = Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name, namespace, labels, annotations, ownerReferences: [owner] },
    data: Object.fromEntries(data),
  };
}

interface StoredSecretProps extends Partial<StoredSecret> {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly values: Readonly<Record<string, string>>;
}
