/** An alert fires for real: from an event in the system, through a scrape and a rule of the chart, to Prometheus' API. */

import { afterAll, expect, it } from 'vitest';
import { openCluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { brokerPods, hostOf } from '../harness/kafka-client.ts';
import { knock } from '../harness/stranger.ts';
import { prometheusOf } from './monitoring/prometheus-api.ts';

const cluster = openCluster();
afterAll(() => cluster.close());
const prometheus = prometheusOf(cluster);

it('a client without a certificate at a broker fires KafkaClientsRefused within a minute', async () => {
  const [pod] = await brokerPods(cluster);
  if (pod === undefined) throw new Error('no broker');
  const countRefused = async () => {
    const [sum] = await prometheus.query(`sum(kafka_server_failed_authentications_total{pod="${pod.name}"})`);
    return Number(sum?.value[1]);
  };
  const before = await countRefused();
  const port = await cluster.forwards.open(pod, 9093);
  await knock({ host: '127.0.0.1', port, servername: hostOf(pod) });

  await eventually(
    async () => {
      expect(await countRefused()).toBe(before + 1);
      const firing = (await prometheus.alerts()).filter(({ state }) => state === 'firing');
      expect(firing.map(({ labels }) => labels)).toContainEqual({
        alertname: 'KafkaClientsRefused',
        severity: 'warning',
        pod: pod.name,
        listener: 'TLS-9093',
      });
    },
    { timeoutMs: 60_000, intervalMs: 1_000 },
  );
});
