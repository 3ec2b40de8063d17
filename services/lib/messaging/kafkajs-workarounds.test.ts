import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type GroupCoordinators, type RequestQueue, reconnecting } from './kafkajs-workarounds.ts';

const Queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
  options: object,
) => RequestQueue;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a connection with no pending request sets no timer', () => {
  new Queue({}).checkPendingRequests();
  expect(vi.getTimerCount()).toBe(0);
});

test('a pending request sets a timer', () => {
  const queue = new Queue({ maxInFlightRequests: 0 });
  queue.pending.push({});
  queue.checkPendingRequests();
  expect(vi.getTimerCount()).toBe(1);
});

test('a group whose coordinator no broker names is asked for again', async () => {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster') as { prototype: GroupCoordinators };
  const brokerPool = { withBroker: async () => null };
  const asking = prototype.findGroupCoordinatorMetadata.call({ brokerPool } as never, { groupId: 'analytics' });
  await expect(asking).rejects.toMatchObject({ message: 'Failed to find group coordinator', retriable: true });
});

function connection() {
  const calls: string[] = [];
  return {
    calls,
    connect: async () => void calls.push('connect'),
    disconnect: async () => void calls.push('disconnect'),
  };
}
const fail = () => Promise.reject(new Error('Broker not connected'));

test('a connection stays open while all work succeeds', async () => {
  const broker = connection();
  const over = reconnecting(broker);
  expect([await over(async () => 1), await over(async () => 2)]).toEqual([1, 2]);
  expect(broker.calls).toEqual([]);
});

test('after a failure the connection is reopened, once for all work that waits for it', async () => {
  const broker = connection();
  const over = reconnecting(broker);
  await expect(over(fail)).rejects.toThrow('Broker not connected');
  expect(await Promise.all([over(async () => 1), over(async () => 2)])).toEqual([1, 2]);
  expect(broker.calls).toEqual(['disconnect', 'connect']);
});

test('if reopening fails, the next piece of work tries again', async () => {
  const broker = connection();
  let refusals = 1;
  const connect = async () => {
    if (refusals-- > 0) throw new Error('refused');
    await broker.connect();
  };
  const over = reconnecting({ ...broker, connect });
  await expect(over(fail)).rejects.toThrow('Broker not connected');
  await expect(over(async () => 1)).rejects.toThrow('refused');
  expect(await over(async () => 2)).toBe(2);
});
