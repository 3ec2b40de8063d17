import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBroker } from '../../services/lib/messaging/broker.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { type LocalKafka, startLocalKafka } from '../harness/local-kafka.ts';

const count = 300;
const bytesOfEach = 100 * 1024;
let kafka: LocalKafka;

beforeAll(async () => {
  kafka = await startLocalKafka();
  await kafka.createTopics(['orders.v1', 'analytics.dlq']);
  const publisher = await createBroker('analytics', kafka, silentLog).connectPublisher();
  const value = Buffer.alloc(bytesOfEach, 'x');
  for (let sent = 0; sent < count; sent += 5) {
    await publisher.publish(
      [0, 1, 2, 3, 4].map((next) => ({
        topic: 'analytics.dlq',
        key: `o-${sent + next}`,
        value,
        headers: {
          'dl-cause': 'bad-data',
          'dl-reason': 'r'.repeat(512),
          'dl-attempts': '1',
          'dl-original-topic': 'orders.v1',
          'dl-original-partition': '0',
          'dl-original-offset': String(sent + next),
          'dl-at': new Date().toISOString(),
        },
      })),
    );
  }
  await publisher.close();
});
afterAll(() => kafka?.stop());

/** The program with a heap and buffers that cannot hold many copies of all messages. */
async function dlq(...args: string[]) {
  const program = join(import.meta.dirname, '../../services/operations/dlq.ts');
  // The maxRSS of getrusage is at least that of the process that started this one.
  const peak = `readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\\s*(\\d+)/)[1]`;
  const measured = `import { readFileSync } from 'node:fs'; process.on('exit', () => console.error('rss', ${peak}))`;
  const preload = `data:text/javascript,${encodeURIComponent(measured)}`;
  const options = ['--max-old-space-size=64', '--import', preload];
  const { stdout, stderr, exitCode } = await execa(process.execPath, [...options, program, ...args], {
    env: { KAFKA_BROKERS: kafka.brokers.join() },
    reject: false,
  });
  return { lines: stdout.split('\n'), stderr, exitCode, rssMiB: Number(/rss (\d+)/.exec(stderr)?.[1]) / 1024 };
}

test('300 dead-letter messages of 100 KiB are listed and redriven with a heap of 64 MiB, with progress', async () => {
  const listed = await dlq('list');
  expect(listed, listed.stderr).toMatchObject({ exitCode: 0 });
  expect(listed.lines).toHaveLength(1 + count);
  expect(listed.rssMiB).toBeLessThan(192);
  const redriven = await dlq('redrive', '--all');
  expect(redriven).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('200 of 300 messages redriven') });
  expect(redriven.lines).toHaveLength(count);
  expect(redriven.rssMiB).toBeLessThan(192);
  expect((await dlq('list')).lines).toEqual(['No dead-letter messages.']);
}, 180_000);
