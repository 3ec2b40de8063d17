import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DatabaseFiles } from '../postgres/access.ts';

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port, 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65535, 'must be a port, 0 to 65535');

const hostAndPortRule = 'must be host:port, for example service.namespace:50051';
const hostAndPort = z
  .string()
  .regex(/^[^\s:/]+:\d{1,5}$/, { error: hostAndPortRule, abort: true })
  .refine((value) => Number(value.split(':')[1]) <= 65535, hostAndPortRule);

/** Where the service listens. HOST is the address inside the pod; tests use 127.0.0.1. */
export const listenVariables = {
  HOST: z.string().default('0.0.0.0').describe('The address that all ports listen on'),
  HTTP_PORT: port.default(8080).describe('Where HTTP services listen'),
  HTTPS_PORT: port.default(8443).describe('Where the simulated partner listens'),
  GRPC_PORT: port.default(50051).describe('Where gRPC services listen'),
  METRICS_PORT: port.default(9464).describe('Metrics in the format of Prometheus'),
  ADMIN_PORT: port.default(9901).describe('Probes, and the endpoints for tests'),
};

/**
 * The variables that every service reads. FAULTS=on serves the endpoints for faults and request counts; never in prod.
 */
export const commonVariables = {
  ...listenVariables,
  FAULTS: z
    .enum(['on', 'off'], 'must be on or off')
    .default('off')
    .describe('Whether faults can be injected; never on in prod'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'], 'must be trace, debug, info, warn or error')
    .default('info')
    .describe('The least severe log lines that are written'),
};

/** The content of a file; empty if it cannot be read. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const isPem = (content: string) => content.startsWith('-----BEGIN ');
const pemRule = 'must be a PEM file that can be read';

/** The variables of a program that opens its service's database. */
export const databaseFileVariables = {
  DATABASE_URL_FILE: z
    .string()
    .refine((path) => /^postgres(ql)?:\/\//.test(contentOf(path)), 'must be a file with a postgres:// URL')
    .describe("File with the URL of the service's own database, with its role and password; read for each connection"),
  DATABASE_CA_FILE: z
    .string()
    .refine((path) => isPem(contentOf(path)), pemRule)
    .optional()
    .describe("PEM file with the authorities of the database server's certificate; needed unless it is on this host"),
};

/** The files that these variables name, for openDatabase. */
export function databaseFiles(config: {
  readonly DATABASE_URL_FILE: string;
  readonly DATABASE_CA_FILE?: string | undefined;
}): DatabaseFiles {
  const { DATABASE_URL_FILE: urlFile, DATABASE_CA_FILE: caFile } = config;
  return { urlFile, ...(caFile !== undefined && { caFile }) };
}

const wholeNumber = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'must be a whole number from 1 to 99999')
  .transform(Number);
/** For a process that runs alone; a cluster's environment states what Postgres has connections for. */
export const defaultPoolSize = 10;
/** Connections of an operator's command: a role has this many beside those of its service's pods. */
export const commandPoolSize = 5;
/** The variables of a service with a database. */
export const databaseVariables = {
  ...databaseFileVariables,
  DATABASE_POOL_SIZE: wholeNumber.default(defaultPoolSize).describe('Connections to the database, at most'),
};
export const grpcAddress = hostAndPort.describe('host:port of a gRPC service');
const httpUrlRule = 'must be an http:// or https:// URL without a path';
export const httpUrl = z
  .url({ protocol: /^https?$/, error: httpUrlRule, abort: true })
  .refine(hasNoPath, httpUrlRule)
  .describe('URL of an HTTP service');
export const kafkaBrokers = z
  .string()
  .transform((value) => value.split(',').map((broker) => broker.trim()))
  .pipe(z.array(hostAndPort))
  .describe('host:port of Kafka brokers, separated by commas');

/** Set together. Without them, connections have no TLS, which only brokers of tests accept. */
const kafkaFile = (content: string) =>
  z.string().optional().describe(`PEM file with ${content}, read at each connection`);
/** Where Kafka is, and the files with which a service proves who it is. */
export const kafkaEndpointVariables = {
  KAFKA_BROKERS: kafkaBrokers,
  KAFKA_CA_FILE: kafkaFile("the authority of the brokers' certificates"),
  KAFKA_CERT_FILE: kafkaFile("the service's certificate for Kafka"),
  KAFKA_KEY_FILE: kafkaFile('the key of that certificate'),
};

/** Longer than any topic keeps an event: seven days, and a day until its segment is closed. */
export const defaultDeduplicationDays = 9;
/** The variables of a service that publishes or consumes events. */
export const kafkaVariables = {
  ...kafkaEndpointVariables,
  DEDUPLICATION_DAYS: wholeNumber
    .default(defaultDeduplicationDays)
    .describe('How long inbox and outbox remember an event; longer than its topic keeps it'),
};

/** The variables of a service that keeps records of its business, such as orders. */
export const recordVariables = {
  RECORD_RETENTION_DAYS: wholeNumber
    .default(400)
    .describe('How long an order is kept after its end; other services keep what belongs to it 30 days longer'),
};

const pemFile = z.string().transform(contentOf).refine(isPem, pemRule).describe('Path of a PEM file');

/** A service's certificate and key. The values are the contents of the files, because config is read only once. */
export const tlsVariables = { TLS_CERT_FILE: pemFile, TLS_KEY_FILE: pemFile };

/** Clients state the whole path of a request, which would replace the path of a base URL. */
function hasNoPath(value: string): boolean {
  const { pathname, search, hash } = new URL(value);
  return pathname + search + hash === '/';
}
