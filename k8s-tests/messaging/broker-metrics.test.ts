/** What a broker with the JMX exporter and the rules of cdk8s/ tells Prometheus, without a cluster. */
import { logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { metricsRules } from '../../cdk8s/charts/kafka-metrics.ts';
import { newClient } from '../../services/lib/messaging/kafka-endpoint.ts';
import { findFreePort } from '../../services/lib/testing/databases.ts';
import { eventually } from '../harness/eventually.ts';
import { send } from '../harness/http.ts';
import { type SecureKafka, startSecureKafka } from '../harness/secure-kafka.ts';
import { knock } from '../harness/stranger.ts';

let kafka: SecureKafka;
let port: number;
beforeAll(async () => {
  port = await findFreePort();
  kafka = await startSecureKafka({ port, settings: stringify(metricsRules) });
}, 90_000);
afterAll(() => kafka?.stop());

/** The sum of a metric over its labels; undefined if it is not exported. */
async function readMetric(name: string): Promise<number | undefined> {
  const { text } = await send({ url: `http://127.0.0.1:${port}/metrics` });
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].map(([, value]) =>
    Number(value),
  );
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

test('a client without a certificate is counted as one failed authentication', async () => {
  const name = 'kafka_server_failed_authentications_total';
  const before = await readMetric(name);
  expect(before).toBe(0);
  const [host = '', brokerPort = ''] = kafka.brokers[0]?.split(':') ?? [];
  await knock({ host, port: Number(brokerPort) });
  await eventually(async () => expect(await readMetric(name)).toBe(1));
});

test('an operation that no ACL allows is counted as denied', async () => {
  const nothing = await kafka.connectAs('nothing');
  const admin = newClient(nothing, { logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  await admin.connect();
  await expect(admin.createTopics({ topics: [{ topic: 'mine' }] })).rejects.toThrow();
  await admin.disconnect();
  await eventually(async () =>
    expect(await readMetric('kafka_server_authorizations_denied_per_minute')).toBeGreaterThan(0),
  );
});

test('replication and throughput are exported', async () => {
  expect(await readMetric('kafka_server_under_replicated_partitions')).toBe(0);
  expect(await readMetric('kafka_server_messages_in_total')).toBeGreaterThanOrEqual(0);
});
