import type { z } from 'zod';
import type { FaultInjection } from '../faults/fault-injection.ts';
import type { HttpRoute } from '../http/route.ts';
import type { Log } from '../observability/log.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { commonVariables } from './variables.ts';

/** What the process provides to a service. */
export interface Runtime<Variables extends z.ZodRawShape> {
  readonly config: z.output<z.ZodObject<Variables & typeof commonVariables>>;
  readonly log: Log;
  readonly faults: FaultInjection;
  readonly lifecycle: Lifecycle;
  /**
   * Ends the process at once, so that Kubernetes restarts it. For errors that the service cannot recover from.
   */
  fail(error: Error): never;
}

/** A service that has started. */
interface Started {
  /**
   * Sends one cheap request to the service itself. warm-up.ts calls this repeatedly before the service is ready.
   */
  warmUp?(): Promise<unknown>;
  /** Restores the service's initial data: `POST /reset`. */
  reset(): Promise<void>;
  /** Routes on the admin port by which tests read data. */
  readonly reads?: readonly HttpRoute[];
}

/** A service as main.ts runs it. */
export interface Service<Variables extends z.ZodRawShape> {
  readonly name: string;
  /** The environment variables that the service reads besides the common ones. */
  readonly variables: Variables;
  /** Resolves once the service can serve. Registers the service's shutdown steps with the lifecycle. */
  start(runtime: Runtime<Variables>): Promise<Started>;
}
