import { createServer } from 'node:net';
import getPort from 'get-port';
import { type Ports, type Settings, UserError } from './settings.ts';

/** The node ports of the gateway and of Jaeger. The charts fix them. */
export const NODE_PORTS: Ports = { ingress: 30080, jaeger: 30686 };

const DEFAULTS: Ports = { ingress: 8080, jaeger: 16686 };

/**
 * Ports for a cluster that is down. A port that the user asked for must be free; otherwise it is the default port, or
 * the next free one.
 * @throws UserError if a port that the user asked for is in use
 */
export async function choosePorts({ ingressPort, jaegerPort }: Settings): Promise<Ports> {
  const ingress = await choose('INGRESS_PORT', ingressPort, DEFAULTS.ingress, []);
  const jaeger = await choose('JAEGER_PORT', jaegerPort, DEFAULTS.jaeger, [ingress]);
  return { ingress, jaeger };
}

/**
 * Checks that the ports of a stopped cluster are free, as it starts again with the same ones.
 * @throws UserError that names each port in use
 */
export async function checkFree({ ingress, jaeger }: Ports): Promise<void> {
  const taken = [];
  for (const port of [ingress, jaeger]) if (!(await isFree(port))) taken.push(port);
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
  const wrong = [
    ['INGRESS_PORT', settings.ingressPort, running.ingress] as const,
    ['JAEGER_PORT', settings.jaegerPort, running.jaeger] as const,
  ].filter(([, wanted, actual]) => wanted !== undefined && wanted !== actual);
  if (wrong.length > 0) {
    const lines = wrong.map(([name, wanted, actual]) => `${name}=${wanted}: this checkout's cluster has ${actual}`);
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
