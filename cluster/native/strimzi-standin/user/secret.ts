import { isCurrent, issue } from '../certificates/certificate.ts';
import { type Certificates, clientsCaValidity, secretOf } from '../certificates/secrets.ts';
import type { Client } from '../kubernetes/client.ts';
import type { Kafka, Secrets, User } from '../resources.ts';

/**
 * Makes the Secret of a user, named like it, or renews its certificate before it expires. A Secret that is as it should
 * be stays.
 */
export async function ensureUserSecret(
  client: Client,
  kafka: Kafka,
  user: User,
  secrets: Secrets,
  { clientsCa }: Certificates,
): Promise<void> {
  const { name } = user.metadata;
  const { 'ca.crt': ca, 'user.crt': cert = '', 'user.key': key = '' } = secrets.get(name)?.values ?? {};
  const validity = clientsCaValidity(kafka);
  const isKept = isCurrent(clientsCa, { cert, key }, validity);
  if (isKept && ca === clientsCa.cert) return;
  const pair = isKept ? { cert, key } : await issue(clientsCa, { commonName: name }, validity);
  const labels = {
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/managed-by': 'strimzi-user-operator',
    'app.kubernetes.io/name': 'strimzi-user-operator',
    'app.kubernetes.io/part-of': `strimzi-${name}`,
    'strimzi.io/cluster': kafka.metadata.name,
    'strimzi.io/kind': 'KafkaUser',
  };
  const values = { 'ca.crt': clientsCa.cert, 'user.crt': pair.cert, 'user.key': pair.key };
  await client.apply(secretOf(user, { name, labels, values }));
}
