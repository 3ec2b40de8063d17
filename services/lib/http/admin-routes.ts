import { z } from 'zod';
import type { FaultInjection } from '../faults/fault-injection.ts';
import { faultRuleSchema } from '../faults/rules.ts';
import type { Lifecycle } from '../runtime/lifecycle.ts';
import { waitingFor } from '../runtime/lifecycle.ts';
import { validate } from '../runtime/validate.ts';
import type { HttpReply, HttpRoute } from './route.ts';

const faultsSchema = z.strictObject({ rules: z.array(faultRuleSchema) });
const done = { status: 200, body: {} } as const satisfies HttpReply;

export function probeRoutes(lifecycle: Lifecycle): HttpRoute[] {
  return [
    { method: 'get', path: '/livez', handle: () => ({ status: 200, body: { alive: true } }) },
    {
      method: 'get',
      path: '/readyz',
      handle: () =>
        lifecycle.ready
          ? { status: 200, body: { ready: true } }
          : { status: 503, body: { ready: false, waitingFor: waitingFor() } },
    },
  ];
}

/**
 * The endpoints by which tests control a pod, served only with FAULTS=on.
 * @param reset restores the service's initial data
 */
export function testRoutes(faults: FaultInjection, reset: () => Promise<void>): HttpRoute[] {
  const currentRules = (): HttpReply => ({ status: 200, body: { rules: faults.rules.all } });
  return [
    { method: 'get', path: '/faults', handle: currentRules },
    {
      method: 'put',
      path: '/faults',
      handle: ({ body }) => {
        faults.rules.replace(validate(faultsSchema, body, 'fault list').rules);
        return currentRules();
      },
    },
    {
      method: 'delete',
      path: '/faults',
      handle: () => {
        faults.rules.replace([]);
        return done;
      },
    },
    { method: 'get', path: '/hits', handle: () => ({ status: 200, body: faults.requestCounter.read() }) },
    {
      method: 'delete',
      path: '/hits',
      handle: () => {
        faults.requestCounter.clear();
        return done;
      },
    },
    {
      method: 'post',
      path: '/reset',
      handle: async () => {
        await reset();
        faults.rules.replace([]);
        faults.requestCounter.clear();
        return done;
      },
    },
  ];
}
