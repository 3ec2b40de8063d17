/** Replaces Strimzi's operator where its image cannot be pulled. README.md says what it does and what it does not. */
import { KubeConfig } from '@kubernetes/client-node';
import { pino } from 'pino';
import { makeClient } from './kubernetes/client.ts';
import { watchPath } from './kubernetes/watch.ts';
import { startLoop } from './loop.ts';
import { reconcile } from './reconcile.ts';
import { STRIMZI_API } from './resources.ts';
import { readSettings } from './settings.ts';

const log = pino({ level: process.env.LOG_LEVEL ?? 'info' });
const { namespace, kafkaImage } = readSettings(process.env);

const config = new KubeConfig();
config.loadFromDefault();
const client = makeClient(config, namespace);

const loop = startLoop(
  () =>
    reconcile({ client, kafkaImage, log, onFailure: () => loop.failed() }).catch((error: unknown) => {
      log.error({ err: error }, 'the pass failed');
      loop.failed();
    }),
  { settleMs: 100, retryMs: 1_000, resyncMs: 15_000 },
);

const strimzi = `/apis/${STRIMZI_API.group}/${STRIMZI_API.version}/namespaces/${namespace}`;
const ending = new AbortController();
for (const path of [
  `${strimzi}/kafkas`,
  `${strimzi}/kafkanodepools`,
  `${strimzi}/kafkatopics`,
  `${strimzi}/kafkausers`,
  `/apis/apps/v1/namespaces/${namespace}/statefulsets`,
]) {
  void watchPath(config, path, loop.changed, log, ending.signal);
}
// A Secret that someone deletes is made again at once.
const secrets = `/api/v1/namespaces/${namespace}/secrets`;
void watchPath(config, secrets, loop.changed, log, ending.signal, 'strimzi.io/cluster');
log.info({ namespace, kafkaImage }, 'watching Kafka, KafkaNodePool, KafkaTopic and KafkaUser');

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    ending.abort();
    void loop.stop().then(() => process.exit(0));
  });
}
