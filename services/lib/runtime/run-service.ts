import type { RequestListener } from 'node:http';
import type { z } from 'zod';
import { createFaultInjection } from '../faults/fault-injection.ts';
import { probeRoutes, testRoutes } from '../http/admin-routes.ts';
import { createApp } from '../http/create-app.ts';
import { listen } from '../http/listen.ts';
import type { HttpRoute } from '../http/route.ts';
import { createLog, type Log } from '../observability/log.ts';
import { stopTracing } from '../observability/tracing.ts';
import { Lifecycle } from './lifecycle.ts';
import { readConfig } from './read-config.ts';
import type { Runtime, Service } from './service.ts';
import { commonVariables } from './variables.ts';
import { warmUp } from './warm-up.ts';

/** A service as main.ts starts it: a function, so that main.ts does not need the types of the service's variables. */
export interface Run {
  (env: NodeJS.ProcessEnv): Promise<void>;
  /** All variables that the service reads, for docs/generated/environment.md. */
  readonly variables: z.ZodRawShape;
}

export function defineService<Variables extends z.ZodRawShape>(service: Service<Variables>): Run {
  const variables = { ...commonVariables, ...service.variables };
  return Object.assign((env: NodeJS.ProcessEnv) => runService(service, variables, env), { variables });
}

/**
 * Runs a service until SIGTERM or SIGINT, then stops it in order and ends the process.
 * @throws ConfigError, or another error that prevents the start, such as a port in use
 */
async function runService<Variables extends z.ZodRawShape>(
  service: Service<Variables>,
  variables: Variables & typeof commonVariables,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const config = readConfig(variables, env) as Runtime<Variables>['config'];
  const { HOST, ADMIN_PORT, FAULTS, LOG_LEVEL } = readConfig(commonVariables, env);
  const log = createLog(service.name, LOG_LEVEL);
  const faults = createFaultInjection(FAULTS === 'on');
  const lifecycle = new Lifecycle(log);

  // The probes answer while the service still waits for Postgres or Kafka. The port's other routes follow later.
  const serveAdmin = (routes: readonly HttpRoute[]): RequestListener =>
    createApp([...probeRoutes(lifecycle), ...routes], createFaultInjection(false), log);
  let handleAdmin = serveAdmin([]);
  const admin = await listen((request, response) => handleAdmin(request, response), HOST, ADMIN_PORT);
  lifecycle.onShutdown('admin', () => admin.drain());
  lifecycle.onShutdown('traces', stopTracing);
  stopOnSignal(lifecycle);

  const started = await service.start({ config, log, faults, lifecycle, fail: failWith(log) });
  if (FAULTS === 'on') handleAdmin = serveAdmin([...(started.reads ?? []), ...testRoutes(faults, started.reset)]);
  if (started.warmUp) await warmUp(started.warmUp, { faults, log });
  lifecycle.markReady();
}

function failWith(log: Log): (error: Error) => never {
  return (error) => {
    log.fatal({ err: error }, 'the service cannot continue');
    process.exit(1);
  };
}

function stopOnSignal(lifecycle: Lifecycle): void {
  const stop = async () => {
    await lifecycle.shutdown();
    process.exit(0);
  };
  // A second signal is not handled and ends the process at once, as users at a terminal expect.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}
