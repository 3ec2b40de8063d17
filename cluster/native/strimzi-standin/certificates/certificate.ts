import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

/** A certificate and its private key (PKCS#8), both as PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is for. */
export interface Subject {
  readonly commonName: string;
  /** The organization. @default none */
  readonly organization?: string;
  /** The DNS names of a server. @default none: the certificate is for a client only */
  readonly hosts?: readonly string[];
}

/** How long certificates are valid, and how long before that they are renewed: `clusterCa` and `clientsCa` of a Kafka. */
export interface Validity {
  readonly validityDays: number;
  readonly renewalDays: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** EC, because a key of RSA 4096, as Strimzi makes it, takes a small machine seconds. */
const KEYS = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;

/**
 * Makes the certificate of an authority, which signs itself.
 * @param key the private key of the authority that is renewed: what it has signed stays valid. @default a new one
 */
export async function makeAuthority(subject: Subject, { validityDays }: Validity, key?: string): Promise<KeyPair> {
  const made = await generate(attributesOf(subject), {
    ...KEYS,
    ...(key === undefined ? {} : { keyPair: { privateKey: key, publicKey: publicKeyOf(key) } }),
    notAfterDate: inDays(validityDays),
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** Makes a certificate that an authority signs, with a key of its own. */
export async function issue(authority: KeyPair, subject: Subject, { validityDays }: Validity): Promise<KeyPair> {
  const { hosts = [] } = subject;
  const made = await generate(attributesOf(subject), {
    ...KEYS,
    ca: authority,
    notAfterDate: inDays(validityDays),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', clientAuth: true, serverAuth: hosts.length > 0 },
      ...(hosts.length === 0
        ? []
        : [{ name: 'subjectAltName' as const, altNames: hosts.map((value) => ({ type: 2 as const, value })) }]),
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** Whether a pair is whole and signed by the authority, expired or not. */
export function isOf(authority: Pick<KeyPair, 'cert'>, { cert, key }: KeyPair): boolean {
  try {
    const certificate = new X509Certificate(cert);
    return (
      certificate.verify(new X509Certificate(authority.cert).publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(key))
    );
  } catch {
    return false;
  }
}

/** Whether a pair is whole, signed by the authority, and not to be renewed yet. */
export function isCurrent(authority: Pick<KeyPair, 'cert'>, pair: KeyPair, { renewalDays }: Validity): boolean {
  return isOf(authority, pair) && Date.parse(new X509Certificate(pair.cert).validTo) > inDays(renewalDays).getTime();
}

const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

const publicKeyOf = (key: string): string => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

function attributesOf({ organization, commonName }: Subject) {
  return [
    ...(organization === undefined ? [] : [{ name: 'organizationName', value: organization }]),
    { name: 'commonName', value: commonName },
  ];
}
