import { randomBytes } from 'node:crypto';
import { context, TraceFlags, trace } from '@opentelemetry/api';
import type { FaultInjection } from '../faults/fault-injection.ts';
import type { Log } from '../observability/log.ts';

const rounds = 40;

/**
 * Sends requests to a service before it accepts any from others. Otherwise its first callers would time out, because
 * code that has never run and connections that are not open yet are slow. The requests are not sampled, not counted and
 * not logged below warnings. A rejected request counts as success.
 */
export async function warmUp(request: () => Promise<unknown>, { faults, log }: { faults: FaultInjection; log: Log }) {
  const { level } = log;
  log.level = 'warn';
  const ids = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
  const unsampled = trace.setSpanContext(context.active(), { ...ids, traceFlags: TraceFlags.NONE });
  await context.with(unsampled, async () => {
    for (let round = 0; round < rounds; round++) await request().catch(() => undefined);
  });
  log.level = level;
  faults.requestCounter.clear();
}
