import { hostOf, portOf } from '../model/addresses.ts';
import { TOKEN_KEYS } from '../model/database.ts';
import type { Environment } from '../model/environment.ts';
import { callsFrom, usesKafka } from '../model/interactions.ts';
import type { Topology } from '../model/topology.ts';
import { KAFKA_FILES } from './kafka-credentials.ts';
import { KAFKA_BOOTSTRAP, OTLP_ENDPOINT } from './platform.ts';

/** Where a service that serves TLS finds its certificate: a Secret of type kubernetes.io/tls, mounted. */
export const TLS_FOLDER = '/etc/tls';

/** Where a container finds the Secret of the database role that it uses, mounted. */
export const DATABASE_FOLDER = '/etc/database';

/** How a container finds its database: the URL, with the password, and the authorities of the server's certificate. */
export const databaseVariables = {
  DATABASE_URL_FILE: `${DATABASE_FOLDER}/url`,
  DATABASE_CA_FILE: `${DATABASE_FOLDER}/ca.crt`,
} as const;

/** Where a container finds the keys that encrypt payment tokens. */
export const TOKEN_KEYS_FOLDER = `/etc/${TOKEN_KEYS}`;

/**
 * A service's environment variables, none of which is secret: it learns the addresses of what topology.ts says it
 * uses, and no other. gRPC callees are `<NAME>_ADDRESS=host:port`, HTTP callees `<NAME>_URL`.
 */
export function variablesOf(name: string, topology: Topology, environment: Environment): Record<string, string> {
  const keeps = topology.services[name]?.keeps ?? [];
  return {
    ...calleeVariables(name, topology),
    ...(usesKafka(name, topology) && {
      KAFKA_BROKERS: KAFKA_BOOTSTRAP,
      ...KAFKA_FILES,
      DEDUPLICATION_DAYS: String(topology.deduplicationDays),
    }),
    ...databaseVariables,
    DATABASE_POOL_SIZE: String(environment.database.poolSize),
    ...(keeps.includes('payment-tokens') && { PAYMENT_TOKEN_KEYS_FILE: `${TOKEN_KEYS_FOLDER}/keys.json` }),
    ...(keeps.includes('records') && { RECORD_RETENTION_DAYS: String(topology.recordRetentionDays) }),
    ...(topology.services[name]?.serves === 'https' && {
      TLS_CERT_FILE: `${TLS_FOLDER}/tls.crt`,
      TLS_KEY_FILE: `${TLS_FOLDER}/tls.key`,
    }),
    FAULTS: environment.faults,
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: OTLP_ENDPOINT,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(environment.samplingPercent / 100),
  };
}

function calleeVariables(name: string, topology: Topology): Record<string, string> {
  return Object.fromEntries(
    callsFrom(name, topology).flatMap(({ callee }) => {
      const service = topology.services[callee];
      if (!service) return [];
      const prefix = callee.toUpperCase().replaceAll('-', '_');
      const authority = `${hostOf(callee, service)}:${portOf(callee, service)}`;
      return [
        service.serves === 'grpc'
          ? [`${prefix}_ADDRESS`, authority]
          : [`${prefix}_URL`, `http://${authority.replace(/:80$/, '')}`],
      ];
    }),
  );
}
