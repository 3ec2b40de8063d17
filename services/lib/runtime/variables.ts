import { readFileSync } from 'node:fs';
import { z } from 'zod';

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port, 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65535, 'must be a port, 0 to 65535');

const hostAndPort = z.string().regex(/^[^\s:/]+:\d{1,5}$/, 'must be host:port, for example inventory:50051');

/** Where the service listens. HOST is the address inside the pod; tests use 127.0.0.1. */
export const listenVariables = {
  HOST: z.string().default('0.0.0.0'),
  HTTP_PORT: port.default(8080),
  HTTPS_PORT: port.default(8443),
  GRPC_PORT: port.default(50051),
  METRICS_PORT: port.default(9464),
  ADMIN_PORT: port.default(9901),
};

/** What every service reads. FAULTS=on serves the fault and hit endpoints: never in prod. */
export const commonVariables = {
  ...listenVariables,
  FAULTS: z.enum(['on', 'off'], 'must be on or off').default('off'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'], 'must be trace, debug, info, warn or error')
    .default('info'),
};

export const databaseUrl = z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL');
export const grpcAddress = hostAndPort;
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });
export const kafkaBrokers = z
  .string()
  .transform((value) => value.split(',').map((broker) => broker.trim()))
  .pipe(z.array(hostAndPort));

const pemFile = z
  .string()
  .transform((path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  })
  .refine((content) => content.startsWith('-----BEGIN '), 'must be a PEM file that can be read');

/** What a service proves its name with. The values are the files' contents: config is read once, and with it the files. */
export const tlsVariables = { TLS_CERT_FILE: pemFile, TLS_KEY_FILE: pemFile };
