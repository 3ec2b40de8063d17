import { z } from 'zod';
import type { Environment } from '../model/environment.ts';
import type { Problem } from '../model/problem.ts';

/** Any number, also NaN: the rules about numbers say more than a form can. */
const number = z.custom<number>((value) => typeof value === 'number', 'use a number.');
const text = z.string('use a text.');
const list = (what: z.ZodType<string>) => z.array(what, "use a list, such as ['…'].");
const resources = { cpuRequestMilli: number, memoryRequestMi: number, memoryLimitMi: number };
const rateLimit = z.strictObject({ requestsPerSecond: number, burst: number });
const servers = { port: number, addresses: list(text) };

const form: z.ZodType<Environment> = z.strictObject({
  image: text,
  partners: z.union(
    [z.literal('simulated'), z.record(text, z.strictObject({ host: text, ...servers }))],
    "use 'simulated', or host, port and addresses of each partner.",
  ),
  postgres: z.union([z.literal('in-cluster'), z.strictObject(servers)], "use 'in-cluster', or port and addresses."),
  replicas: z.strictObject({
    each: number,
    of: z.record(text, number).exactOptional(),
    gateway: number.exactOptional(),
    load: number.exactOptional(),
  }),
  maxUnavailable: number,
  spread: z
    .array(z.enum(['host', 'zone'], "use 'host' or 'zone'."), 'use a list.')
    .refine((all) => new Set(all).size === all.length, 'name each once.'),
  faults: z.enum(['on', 'off'], "use 'on' or 'off'."),
  tokens: z.strictObject({ issuer: text, audience: text, jwksUri: text }),
  edge: z.strictObject({
    hosts: list(text),
    plainHttp: z.enum(['served', 'redirected'], "use 'served' or 'redirected'."),
    perCustomer: rateLimit,
    ordersPerCustomer: rateLimit,
    perAddress: rateLimit,
  }),
  samplingPercent: number,
  service: z.strictObject({ ...resources, criticalCpuRequestMilli: number, storageMi: number }),
  sidecar: z.strictObject(resources),
  database: z.strictObject({ poolSize: number, maxConnections: number, reserved: number }),
  kafka: z.strictObject({
    brokers: number,
    replication: number,
    minInSync: number,
    storageGi: number,
    cpuRequestMilli: number,
    heapMi: number,
    memoryMi: number,
  }),
  fileSync: z.boolean('use true or false.'),
});

/** Each environment has every field, of its type: what is missing would be `undefined` somewhere in a manifest. */
export function environmentsHaveForm(environments: Readonly<Record<string, unknown>>): Problem[] {
  return Object.entries(environments).flatMap(([name, environment]) =>
    (form.safeParse(environment, { reportInput: true }).error?.issues ?? []).map(({ path, input, message }) => ({
      subject: `environments.${name}`,
      value: `${path.join('.') || 'itself'} = ${JSON.stringify(input) ?? 'none'}`,
      rule: 'environment-form',
      message,
    })),
  );
}
