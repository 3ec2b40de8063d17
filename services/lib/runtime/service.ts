import type { z } from 'zod';
import type { FaultInjection } from '../faults/fault-injection.ts';
import type { HttpRoute } from '../http/route.ts';
import type { Log } from '../observability/log.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { commonVariables } from './variables.ts';

/** The process around a service. */
export interface Runtime<Variables extends z.ZodRawShape> {
  readonly config: z.output<z.ZodObject<Variables & typeof commonVariables>>;
  readonly log: Log;
  readonly faults: FaultInjection;
  readonly lifecycle: Lifecycle;
  /** Ends the process at once, to be started again: for what cannot be recovered from inside. */
  fail(error: Error): never;
}

/** A service that has started. */
interface Started {
  /** One cheap request to itself, sent repeatedly before it is ready (see lifecycle/warm-up.ts). */
  warmUp?(): Promise<unknown>;
  /** Brings its data back to the catalogue: `POST /reset`. */
  reset(): Promise<void>;
  /** What tests read on the admin port. */
  readonly reads?: readonly HttpRoute[];
}

/** A service as main.ts runs it. */
export interface Service<Variables extends z.ZodRawShape> {
  readonly name: string;
  /** What it reads from the environment besides the common variables. */
  readonly variables: Variables;
  /** Resolves once it can serve; registers what it has to do to stop with the lifecycle. */
  start(runtime: Runtime<Variables>): Promise<Started>;
}
