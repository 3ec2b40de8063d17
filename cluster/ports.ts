import { createServer } from 'node:net';
import getPort from 'get-port';
import { type Ports, type Settings, UserError } from './settings.ts';

interface Port {
  /** Of 127.0.0.1, if it is free and the user asks for no other one. */
  readonly usual: number;
  /** Of the cluster's node. The charts fix it. */
  readonly nodePort: number;
  /** The variable, and what it is as a setting, by which a user asks for a port. */
  readonly variable: string;
  readonly setting: 'ingressPort' | 'ingressTlsPort' | 'jaegerPort';
}

/** The ports of 127.0.0.1 that lead into a cluster. */
const PORTS: { readonly [Name in keyof Ports]: Port } = {
  ingress: { usual: 8080, nodePort: 30080, variable: 'INGRESS_PORT', setting: 'ingressPort' },
  ingressTls: { usual: 8443, nodePort: 30443, variable: 'INGRESS_TLS_PORT', setting: 'ingressTlsPort' },
  jaeger: { usual: 16686, nodePort: 30686, variable: 'JAEGER_PORT', setting: 'jaegerPort' },
};
const entries = Object.entries(PORTS) as (readonly [keyof Ports, Port])[];

/** The port for each node port. */
export function portsBy(portOf: (nodePort: number) => number): Ports {
  return Object.fromEntries(entries.map(([name, { nodePort }]) => [name, portOf(nodePort)])) as unknown as Ports;
}

/** Which port of 127.0.0.1 leads to which node port. */
export function forwardsOf(ports: Ports): { readonly hostPort: number; readonly nodePort: number }[] {
  return entries.map(([name, { nodePort }]) => ({ hostPort: ports[name], nodePort }));
}

/** The ports for people, each with the variable that asks for another one: `8080 (INGRESS_PORT)`. */
export function titlesOf(ports: Ports): string[] {
  return entries.map(([name, { variable }]) => `${ports[name]} (${variable})`);
}

/**
 * Ports for a cluster that is down. A port that the user asked for must be free; otherwise it is the default port, or
 * the next free one.
 * @throws UserError if a port that the user asked for is in use
 */
export async function choosePorts(settings: Settings): Promise<Ports> {
  const chosen: Partial<Record<keyof Ports, number>> = {};
  for (const [name, port] of entries) chosen[name] = await choose(port, settings[port.setting], Object.values(chosen));
  return chosen as Ports;
}

/**
 * Checks that the ports of a stopped cluster are free, as it starts again with the same ones.
 * @throws UserError that names each port in use
 */
export async function checkFree(ports: Ports): Promise<void> {
  const taken = [];
  for (const [name] of entries) if (!(await isFree(ports[name]))) taken.push(ports[name]);
  if (taken.length > 0)
    throw new UserError(
      `this checkout's stopped cluster has port ${taken.join(' and ')} of 127.0.0.1, in use by another program now: ` +
        'end that program, or run `make down` for a new cluster',
    );
}

/**
 * Checks the settings against a running cluster, whose ports cannot change.
 * @throws UserError that names each difference
 */
export function checkPorts(settings: Settings, running: Ports): void {
  const lines = entries.flatMap(([name, { variable, setting }]) => {
    const wanted = settings[setting];
    const isWrong = wanted !== undefined && wanted !== running[name];
    return isWrong ? [`${variable}=${wanted}: this checkout's cluster has ${running[name]}`] : [];
  });
  if (lines.length > 0) throw new UserError(`${lines.join('\n')}\nRun \`make down\` first.`);
}

async function choose(
  { variable, usual }: Port,
  wanted: number | undefined,
  taken: readonly number[],
): Promise<number> {
  if (wanted !== undefined && !(await isFree(wanted))) {
    throw new UserError(`${variable}=${wanted}: port ${wanted} of 127.0.0.1 is in use by another program`);
  }
  if (wanted !== undefined) return wanted;
  const candidates = Array.from({ length: 100 }, (_, index) => usual + index).filter((port) => !taken.includes(port));
  return getPort({ port: candidates, host: '127.0.0.1', exclude: taken });
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
