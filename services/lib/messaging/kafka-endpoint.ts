import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { type ISocketFactory, Kafka, type KafkaConfig } from 'kafkajs';

/** Where Kafka is, and who connects. */
export interface KafkaEndpoint {
  /** host:port of brokers. */
  readonly brokers: readonly string[];
  /** @default connections without TLS, which brokers of a cluster do not accept */
  readonly tls?: TlsFiles | undefined;
}

/** Paths of PEM files: the authority of the brokers' certificates, and the client's own certificate and key. */
export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** The environment variables of an endpoint (variables.ts). */
interface KafkaSettings {
  readonly KAFKA_BROKERS: readonly string[];
  readonly KAFKA_CA_FILE?: string | undefined;
  readonly KAFKA_CERT_FILE?: string | undefined;
  readonly KAFKA_KEY_FILE?: string | undefined;
}

/** @throws Error if some of the files are set and others are not */
export function kafkaEndpoint(settings: KafkaSettings): KafkaEndpoint {
  const {
    KAFKA_BROKERS: brokers,
    KAFKA_CA_FILE: caFile,
    KAFKA_CERT_FILE: certFile,
    KAFKA_KEY_FILE: keyFile,
  } = settings;
  if (caFile && certFile && keyFile) return { brokers, tls: { caFile, certFile, keyFile } };
  if (caFile || certFile || keyFile)
    throw new Error('set all of KAFKA_CA_FILE, KAFKA_CERT_FILE and KAFKA_KEY_FILE, or none of them');
  return { brokers };
}

/** Makes a client of kafkajs for an endpoint. */
export function newClient({ brokers, tls }: KafkaEndpoint, options: Omit<KafkaConfig, 'brokers'>): Kafka {
  return new Kafka({ ...options, brokers: [...brokers], ...(tls && { socketFactory: mutualTls(tls) }) });
}

const keepAliveMs = 60_000;

/**
 * Opens connections in which both ends have a certificate. The files are read for each connection, so that a renewed
 * certificate needs no restart; connections that are open outlive the certificate with which they began.
 */
function mutualTls({ caFile, certFile, keyFile }: TlsFiles): ISocketFactory {
  return ({ host, port, onConnect }) => {
    const [ca, cert, key] = [caFile, certFile, keyFile].map((path) => readFileSync(path));
    const options = { host, port, ca, cert, key, ...(isIP(host) === 0 && { servername: host }) };
    return connect(options, onConnect).setKeepAlive(true, keepAliveMs);
  };
}
