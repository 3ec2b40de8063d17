import type { Database } from '../../lib/postgres/database.ts';
import { isOrderId } from '../order.ts';
import { actByHand } from './act-by-hand.ts';
import type { SagaCommand } from './command-line.ts';
import { describeOrders, describeRepeats, describeSaga } from './describe-sagas.ts';
import { readOpenOrders, readRepeats, readSagaFacts } from './read-sagas.ts';
import { repeatOrders } from './repeat-orders.ts';

/**
 * Runs a command of `npm run saga`.
 * @returns the lines to print, as they become known
 * @throws Error if there is no such order, or if its state does not allow the action
 */
export async function* runSaga(database: Database, command: SagaCommand): AsyncGenerator<string> {
  if (command.kind === 'list') {
    yield* describeOrders(readOpenOrders(database, command.onlyLate));
    if (!command.onlyLate) yield* describeRepeats(await readRepeats(database));
  } else if (command.kind === 'repeat') yield* repeatOrders(database, command);
  else if (command.kind === 'show') {
    const facts = isOrderId(command.id) ? await readSagaFacts(database, command.id) : undefined;
    if (!facts) throw new Error(`There is no order ${command.id}.`);
    yield describeSaga(command.id, facts);
  } else yield await actByHand(database, command);
}
