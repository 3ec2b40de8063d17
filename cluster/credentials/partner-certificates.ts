import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { generate } from 'selfsigned';
import type { PartnerCertificate } from '../deploy/partner-certificates.ts';
import type { Store } from './store.ts';

const VALID_DAYS = 365;

/**
 * Makes the certificate of a simulated partner, as the Secret `<partner>-tls`, and the authority that its callers trust,
 * as a ConfigMap in their namespace. A pair that works is kept. If one of the two is missing, expired, of another
 * authority or for another host, both are made again.
 */
export async function ensurePartnerCertificate(store: Store, wanted: PartnerCertificate): Promise<void> {
  const { partner, namespace, host, authority, callers } = wanted;
  const secret = { kind: 'Secret', namespace, name: `${partner}-tls` } as const;
  const trusted = { kind: 'ConfigMap', namespace: callers, name: authority } as const;
  const [certificate, ca] = [await store.read(secret), await store.read(trusted)];
  const existing = { ...certificate?.values, ...ca?.values };
  const isComplete = fits(existing, host);
  const pair = isComplete ? existing : await makePair(host);
  const pick = (...keys: string[]) => Object.fromEntries(keys.map((key) => [key, pair[key] ?? '']));
  const objects = [
    { ...trusted, app: partner, values: pick('ca.crt') },
    { ...secret, app: partner, type: 'kubernetes.io/tls', values: pick('tls.crt', 'tls.key') },
  ];
  for (const [index, current] of [ca, certificate].entries()) {
    const object = objects[index] as (typeof objects)[number];
    if (!current) await store.create(object);
    else if (!isComplete || !current.isKept) await store.replace(object, current.version);
  }
}

/**
 * Whether a pair is whole, of one authority, for this host, and not expired.
 * @param marginMs how long it must still be valid
 */
export function fits(pair: Readonly<Record<string, string>>, host: string, marginMs = 0): boolean {
  if (!pair['tls.crt'] || !pair['tls.key'] || !pair['ca.crt']) return false;
  try {
    const [certificate, authority] = [new X509Certificate(pair['tls.crt']), new X509Certificate(pair['ca.crt'])];
    const isValid = [certificate, authority].every(({ validTo }) => Date.parse(validTo) > Date.now() + marginMs);
    const isTrusted = certificate.checkHost(host) !== undefined && certificate.verify(authority.publicKey);
    return isValid && isTrusted && certificate.checkPrivateKey(createPrivateKey(pair['tls.key']));
  } catch {
    return false;
  }
}

/**
 * Makes a certificate, `tls.crt` and `tls.key`, and its authority, `ca.crt`. The authority's own key is not stored, so
 * that it can sign no second certificate.
 * @param further names, or addresses, beside the host
 */
export async function makePair(host: string, further: readonly string[] = []): Promise<Record<string, string>> {
  const notAfterDate = new Date(Date.now() + VALID_DAYS * 86_400_000);
  const common = { keyType: 'ec', algorithm: 'sha256', notAfterDate } as const;
  // Clients that trust two authorities of one name would try only the first one.
  const authority = `authority ${randomBytes(4).toString('hex')} of ${host}`;
  const ca = await generate([{ name: 'commonName', value: authority }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const signed = await generate([{ name: 'commonName', value: host }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [host, ...further].map(toAltName) },
    ],
    ca: { key: ca.private, cert: ca.cert },
  });
  return { 'ca.crt': ca.cert, 'tls.crt': signed.cert, 'tls.key': signed.private };
}

/** An address, or a DNS name, as certificates tell them apart. */
function toAltName(name: string) {
  return isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name };
}
