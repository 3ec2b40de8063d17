import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { orderPlaced } from '../../services/contracts/events.ts';
import { createBroker } from '../../services/lib/messaging/broker.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { discardSpans } from '../../services/lib/observability/sdk.ts';
import { startTestDatabase } from '../../services/lib/testing/databases.ts';
import { startLocalKafka } from '../harness/local-kafka.ts';
import { startRelayProcess } from '../harness/relay-process.ts';
import { addRow } from './benchmark-log.ts';
import { measureLatency, measureWriters } from './outbox-latency.ts';
import { measureThroughput } from './outbox-throughput.ts';

const partitions = 3;
const boundToNaive = 10;
const boundToRaw = 0.7;
const boundLatencyP99Ms = 100;
const boundLostPercent = 3;
const docsPath = 'docs/benchmarks.md';

/** Measures the outbox relay on its own real Postgres and real broker, without the cluster. */
export async function benchOutbox({ writeDocs }: { readonly writeDocs: boolean }): Promise<boolean> {
  // Creates spans as a service does, but exports none.
  const sdk = new NodeSDK({
    spanProcessors: [discardSpans],
    metricReaders: [],
    logRecordProcessors: [],
    autoDetectResources: false,
  });
  sdk.start();
  const kafka = await startLocalKafka();
  const { url, database, stop } = await startTestDatabase();
  const relay = await startRelayProcess(url, kafka.brokers[0] ?? '');
  try {
    await kafka.createTopics([orderPlaced.topic], partitions);
    const publisher = await createBroker('bench', kafka, silentLog).connectPublisher();
    const load = loadavg()[0] ?? 0;
    const throughput = await measureThroughput({ database, kafka, publisher });
    const latency = await measureLatency(database, publisher);
    const writers = await measureWriters(database, relay);
    await publisher.close();
    const row = {
      date: new Date().toISOString().slice(0, 10),
      cores: cpus().length,
      'load average before': Math.round(10 * load) / 10,
      'relay, events/s': throughput.relay,
      'row by row, events/s': throughput.naive,
      [`relay / row by row (at least ${boundToNaive})`]: throughput.relayToNaive,
      'kafkajs alone, events/s': throughput.raw,
      [`relay / kafkajs alone (at least ${boundToRaw})`]: throughput.relayToRaw,
      'commit to ack at 200 events/s, p50, ms': latency.p50,
      [`p99, ms (under ${boundLatencyP99Ms})`]: latency.p99,
      'writers, events/s': writers.perSecond,
      [`% they lose with the relay (at most ${boundLostPercent})`]: writers.lostPercent,
    };
    console.table([row]);
    if (writeDocs) await writeFile(docsPath, addRow(await readFile(docsPath, 'utf8'), 'Outbox', row));
    return (
      throughput.relayToNaive >= boundToNaive &&
      throughput.relayToRaw >= boundToRaw &&
      latency.p99 < boundLatencyP99Ms &&
      writers.lostPercent <= boundLostPercent
    );
  } finally {
    await relay.kill();
    await stop();
    await kafka.stop();
    await sdk.shutdown();
  }
}
