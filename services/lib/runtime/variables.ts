import { readFileSync } from 'node:fs';
import { z } from 'zod';

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

export const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL')
  .describe("The service's own database, with its role and password");
const wholeNumber = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'must be a whole number from 1 to 99999')
  .transform(Number);
/** For a process that runs alone; a cluster's environment states what Postgres has connections for. */
export const defaultPoolSize = 10;
/** The variables of a service with a database. */
export const databaseVariables = {
  DATABASE_URL: databaseUrl,
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

const pemFile = z
  .string()
  .transform((path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  })
  .refine((content) => content.startsWith('-----BEGIN '), 'must be a PEM file that can be read')
  .describe('Path of a PEM file');

/** A service's certificate and key. The values are the contents of the files, because config is read only once. */
export const tlsVariables = { TLS_CERT_FILE: pemFile, TLS_KEY_FILE: pemFile };

/** Clients state the whole path of a request, which would replace the path of a base URL. */
function hasNoPath(value: string): boolean {
  const { pathname, search, hash } = new URL(value);
  return pathname + search + hash === '/';
}
