/** One outbox relay as a separate process, started by relay-process.ts. It ends when its parent does. */

import { createBroker } from '../../services/lib/messaging/broker.ts';
import { startRelay } from '../../services/lib/messaging/relay.ts';
import { silentLog } from '../../services/lib/observability/log.ts';
import { openDatabase } from '../../services/lib/postgres/database.ts';

const [databaseUrl = '', broker = ''] = process.argv.slice(2);
const database = openDatabase(databaseUrl, silentLog);
const publisher = await createBroker('relay', { brokers: [broker] }, silentLog).connectPublisher();
let stop: (() => Promise<void>) | undefined;

process.on('disconnect', () => process.exit());
process.on('message', async (wanted) => {
  if (wanted === 'relay') stop ??= startRelay(database, publisher, 'relay', silentLog);
  else {
    await stop?.();
    stop = undefined;
  }
  process.send?.('ok');
});
process.send?.('ok');
