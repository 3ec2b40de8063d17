import { X509Certificate } from 'node:crypto';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { PemConverter, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { MESH_ROOT_NAMESPACE, type ServiceAccount } from '../../cdk8s/mesh/caller.ts';
import type { Cluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';

/** A certificate with its chain, the key, and the authority that signed it; all PEM. */
export interface Credential {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Where sidecars ask istiod for certificates, and the audience of the token that they show. */
const ISTIOD_PORT = 15012;
const AUDIENCE = 'istio-ca';
const VALID_SECONDS = 3_600;
const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * The certificates that istiod gives to the pods of these accounts. It is asked as a sidecar asks it, with a token of the
 * account, so that a test has the identity without a pod.
 */
export async function issueCertificates(
  cluster: Cluster,
  accounts: readonly ServiceAccount[],
): Promise<readonly Credential[]> {
  const { data } = await cluster.core.readNamespacedConfigMap({ namespace: 'shop', name: 'istio-ca-root-cert' });
  const ca = data?.['root-cert.pem'] ?? '';
  const istiod = await cluster.onlyPod(MESH_ROOT_NAMESPACE, 'app=istiod');
  const port = await cluster.forwards.open(istiod, ISTIOD_PORT);
  const client = new Client(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(ca)), {
    'grpc.ssl_target_name_override': `istiod.${MESH_ROOT_NAMESPACE}.svc`,
  });
  try {
    return await Promise.all(
      accounts.map(async ({ namespace, name }) => {
        const keys = await crypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
        const request = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: KEY });
        const { status } = await cluster.core.createNamespacedServiceAccountToken({
          namespace,
          name,
          body: { spec: { audiences: [AUDIENCE], expirationSeconds: VALID_SECONDS } },
        });
        const cert = await sign(client, request.toString('pem'), status?.token ?? '');
        const uri = new X509Certificate(cert).subjectAltName;
        if (!uri?.endsWith(`/ns/${namespace}/sa/${name}`)) throw new Error(`istiod signed ${uri} for ${name}`);
        const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
        return { cert, key, ca };
      }),
    );
  } finally {
    client.close();
  }
}

/** The one method that is called. Its messages are a request for a certificate, and a list of strings. */
const METHOD = '/istio.v1.auth.IstioCertificateService/CreateCertificate';

function sign(client: Client, csr: string, token: string): Promise<string> {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const attempt = () =>
    new Promise<string>((resolve, reject) => {
      client.makeUnaryRequest(METHOD, writeRequest, readChain, csr, metadata, (error, chain) =>
        chain ? resolve(chain) : reject(error ?? new Error('istiod sent no certificate')),
      );
    });
  return eventually(attempt);
}

function writeRequest(csr: string): Buffer {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).string(csr);
  return Buffer.from(writer.tag(3, WireType.Varint).int64(VALID_SECONDS).finish());
}

function readChain(bytes: Buffer): string {
  const reader = new BinaryReader(bytes);
  const chain: string[] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1) chain.push(reader.string());
    else reader.skip(type);
  }
  return chain.join('\n');
}
