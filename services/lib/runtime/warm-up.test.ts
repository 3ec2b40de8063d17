import { context, trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { createFaultInjection } from '../faults/fault-injection.ts';
import { createLog } from '../observability/log.ts';
import { warmUp } from './warm-up.ts';

it('sends requests that may be rejected, and leaves no request counts, no samples and no lines behind', async () => {
  const faults = createFaultInjection(true);
  const lines: string[] = [];
  const log = createLog('test', 'info', { write: (line: string) => lines.push(line) });
  let requests = 0;
  await warmUp(
    async () => {
      requests++;
      await faults.admit('/v1/orders', 'id');
      log.info('rejected');
      expect(trace.getSpanContext(context.active())?.traceFlags ?? 0).toBe(0);
      throw new Error('rejected');
    },
    { faults, log },
  );
  expect(requests).toBeGreaterThan(10);
  expect(faults.requestCounter.read()).toEqual({ byMatch: {}, byRequestId: {} });
  expect(lines).toEqual([]);
  expect(log.level).toBe('info');
});
