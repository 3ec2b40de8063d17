import { createServer } from 'node:net';
import getPort from 'get-port';
import { PORT_VARIABLES, type Ports, portNames, type Settings, UserError } from './settings.ts';

/**
 * The node ports of the gateway, in plain HTTP and TLS, of Jaeger and of Prometheus. The charts open them on clusters of
 * our own only.
 */
export const NODE_PORTS: Ports = { ingress: 30080, ingressTls: 30443, jaeger: 30686, prometheus: 30090 };

const DEFAULTS: Ports = { ingress: 8080, ingressTls: 8443, jaeger: 16686, prometheus: 9090 };

/**
 * Ports for a cluster that is down. A port that the user asked for must be free; otherwise it is the default port, or
 * the next free one.
 * @throws UserError if a port that the user asked for is in use
 */
export async function choosePorts({ ports }: Settings): Promise<Ports> {
  const chosen: Partial<Record<keyof Ports, number>> = {};
  for (const name of portNames)
    chosen[name] = await choose(PORT_VARIABLES[name], ports[name], DEFAULTS[name], Object.values(chosen));
  return chosen as Ports;
}

/** A value for each port, from its name. */
export function eachPort(portOf: (name: keyof Ports) => number): Ports {
  return Object.fromEntries(portNames.map((name) => [name, portOf(name)])) as unknown as Ports;
}

/** The ports of the host that lead to the node ports. */
export function forwardsOf(ports: Ports): { readonly hostPort: number; readonly nodePort: number }[] {
  return portNames.map((name) => ({ hostPort: ports[name], nodePort: NODE_PORTS[name] }));
}

/**
 * Checks that the ports of a stopped cluster are free, as it starts again with the same ones.
 * @throws UserError that names each port in use
 */
export async function checkFree(ports: Ports): Promise<void> {
  const taken = [];
  for (const name of portNames) if (!(await isFree(ports[name]))) taken.push(ports[name]);
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
export function checkPorts({ ports }: Settings, running: Ports): void {
  const wrong = portNames.filter((name) => ports[name] !== undefined && ports[name] !== running[name]);
  if (wrong.length > 0) {
    const lines = wrong.map(
      (name) => `${PORT_VARIABLES[name]}=${ports[name]}: this checkout's cluster has ${running[name]}`,
    );
    throw new UserError(`${lines.join('\n')}\nRun \`make down\` first.`);
  }
}

async function choose(
  variable: string,
  wanted: number | undefined,
  usual: number,
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
