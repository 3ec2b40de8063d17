import { expect, test } from 'vitest';
import { reconnecting } from './reconnecting.ts';

function connection() {
  const calls: string[] = [];
  return {
    calls,
    connect: async () => void calls.push('connect'),
    disconnect: async () => void calls.push('disconnect'),
  };
}
const fail = () => Promise.reject(new Error('Broker not connected'));

test('what goes well is left alone', async () => {
  const broker = connection();
  const over = reconnecting(broker);
  expect([await over(async () => 1), await over(async () => 2)]).toEqual([1, 2]);
  expect(broker.calls).toEqual([]);
});

test('after a failure the connection is opened again, once for all work that waits for it', async () => {
  const broker = connection();
  const over = reconnecting(broker);
  await expect(over(fail)).rejects.toThrow('Broker not connected');
  expect(await Promise.all([over(async () => 1), over(async () => 2)])).toEqual([1, 2]);
  expect(broker.calls).toEqual(['disconnect', 'connect']);
});

test('a connection that cannot be opened is tried again with the next work', async () => {
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
