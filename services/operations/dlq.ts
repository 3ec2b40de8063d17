/** The program behind `npm run dlq`, which runs it in a pod of orders-worker, where Kafka can be reached. */

import { readConfig } from '../lib/runtime/read-config.ts';
import { runCommand } from '../lib/runtime/run-command.ts';
import { kafkaBrokers } from '../lib/runtime/variables.ts';
import { dlqCommandLine } from './command-line.ts';
import { type DlqCommand, runDlq } from './run-dlq.ts';
import { describeMessage, tabulate } from './show-messages.ts';

await runCommand(dlqCommandLine(run));

async function run(command: DlqCommand): Promise<void> {
  const { KAFKA_BROKERS } = readConfig({ KAFKA_BROKERS: kafkaBrokers }, process.env);
  const messages = await runDlq(command, KAFKA_BROKERS);
  if (command.kind === 'list') console.log(tabulate(messages, Date.now()));
  else if (command.kind === 'show') console.log(messages.map(describeMessage).join('\n'));
  else {
    const done = command.kind === 'drop' ? 'dropped' : 'redriven';
    console.log(messages.map(({ id }) => `${id} ${done}`).join('\n') || 'None.');
  }
}
