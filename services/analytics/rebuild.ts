/** The program behind `npm run rebuild`, which runs it in a pod of its own with the addresses of analytics. */
import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { allEvents } from '../contracts/all-events.ts';
import { kafkaEndpoint } from '../lib/messaging/kafka-endpoint.ts';
import { type Replayed, replayTopic } from '../lib/messaging/replay.ts';
import { createLog } from '../lib/observability/log.ts';
import { openDatabase } from '../lib/postgres/database.ts';
import { readConfig } from '../lib/runtime/read-config.ts';
import { runCommand } from '../lib/runtime/run-command.ts';
import {
  commandPoolSize,
  databaseFiles,
  databaseFileVariables,
  kafkaEndpointVariables,
} from '../lib/runtime/variables.ts';
import { projectOrders, topic } from './projection.ts';
import { rebuildFacts } from './rebuild-facts.ts';

const description =
  `Deletes what analytics stores about orders and reads it again from the topic ${topic}, while the service runs. ` +
  'Until it is done, GET /v1/stats shows lower numbers. Orders older than six days, which the topic may no longer ' +
  'contain, stay as they are. You can run the command at any time; if it fails or is interrupted, run it again.';

const exitCodes = '\nExit code: 0 rebuilt, 1 failed, or another rebuild is under way, 2 wrong usage.';

await runCommand(
  new Command('npm run rebuild --')
    .description(description)
    .addHelpText('after', exitCodes)
    .showHelpAfterError('Add --help for the usage.')
    .action(async () => {
      const startedAt = performance.now();
      const { messages, rejected } = await rebuild();
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      console.log(`Rebuilt from ${messages} messages in ${seconds} s; ${rejected} of them rejected.`);
    }),
);

async function rebuild(): Promise<Replayed> {
  const config = readConfig({ ...databaseFileVariables, ...kafkaEndpointVariables }, process.env);
  const log = createLog('analytics-rebuild', 'warn', process.stderr);
  const database = openDatabase(databaseFiles(config), log, commandPoolSize);
  try {
    return await rebuildFacts(database, () =>
      replayTopic(topic, {
        kafka: kafkaEndpoint(config),
        group: `analytics-rebuild-${randomUUID()}`,
        handlers: projectOrders(database, log),
        events: allEvents,
        log,
        onProgress: (read, total) =>
          console.log(`${read} of ${total} messages (${Math.floor((100 * read) / total)} %)`),
      }),
    );
  } finally {
    await database.close();
  }
}
