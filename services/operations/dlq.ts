/** The program behind `npm run dlq`, which runs it in a pod of its own with the addresses of orders-worker. */

import { kafkaEndpoint } from '../lib/messaging/kafka-endpoint.ts';
import { readConfig } from '../lib/runtime/read-config.ts';
import { runCommand } from '../lib/runtime/run-command.ts';
import { kafkaEndpointVariables } from '../lib/runtime/variables.ts';
import { dlqCommandLine } from './command-line.ts';
import { type DlqCommand, runDlq } from './run-dlq.ts';
import { describeMessage, tabulate } from './show-messages.ts';

/** How often stderr says how far a command is. */
const progressEvery = 100;

await runCommand(dlqCommandLine(run));

async function run(command: DlqCommand): Promise<void> {
  const kafka = kafkaEndpoint(readConfig(kafkaEndpointVariables, process.env));
  const done = command.kind === 'drop' ? 'dropped' : 'redriven';
  let closed = 0;
  await runDlq(command, kafka, {
    onListed: (messages) => console.log(tabulate(messages, Date.now())),
    onShown: (message) => console.log(describeMessage(message)),
    onClosed({ id }, count, total) {
      closed = count;
      console.log(`${id} ${done}`);
      if (count % progressEvery === 0) console.error(`${count} of ${total} messages ${done}`);
    },
  });
  if (command.kind === 'redrive-matching' && closed === 0) console.log('None.');
}
