import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { orderPlaced } from '../../services/contracts/events.ts';
import { createBroker } from '../../services/lib/messaging/broker.ts';
import { readEventData } from '../../services/lib/messaging/cloud-event.ts';
import { done, type EventHandler } from '../../services/lib/messaging/handle-message.ts';
import { receiveOnce } from '../../services/lib/messaging/inbox.ts';
import type { KafkaEndpoint } from '../../services/lib/messaging/kafka-endpoint.ts';
import type { Log } from '../../services/lib/observability/log.ts';
import type { Database } from '../../services/lib/postgres/database.ts';
import { DomainError } from '../../services/lib/runtime/domain-error.ts';

/** Every effect is a row. No constraint rejects a second row for one event, because only the inbox must prevent it. */
export const migrations = join(import.meta.dirname, 'migrations');

/** What the handler does with an event, as the event's `customerId` states. */
export type Behavior = 'healthy' | 'throws' | 'throws-until-mended' | 'meets-outage' | 'slow';

export interface Effect {
  readonly eventId: string;
  readonly key: string;
  readonly number: number;
  readonly delayMs: number;
}

export interface ConsumerOptions {
  readonly kafka: KafkaEndpoint;
  readonly group: string;
  readonly topic: string;
  readonly database: Database;
  readonly log: Log;
}

/**
 * Starts a consumer that records the effect of each event.
 * @returns a function that leaves the group
 */
export async function startConsumer({ kafka, group, topic, database, log }: ConsumerOptions) {
  const broker = createBroker(group, kafka, log);
  const publisher = await broker.connectPublisher();
  const handlers = [{ event: orderPlaced, handle: recordEffect(database, group) }];
  const leave = await broker.consume([topic], { group, handlers, publisher, log }, (error) => {
    throw error;
  });
  return async () => {
    await leave();
    await publisher.close();
  };
}

function recordEffect(database: Database, test: string): EventHandler {
  return async (event) => {
    const { customerId: behavior, total } = readEventData(orderPlaced, event);
    if (behavior === 'throws') throw new Error('this handler always throws');
    if (behavior === 'throws-until-mended' || behavior === 'meets-outage') {
      const { rows } = await database.query('SELECT FROM mended');
      if (rows.length === 0 && behavior === 'meets-outage') throw new DomainError('unavailable', 'not mended yet');
      if (rows.length === 0) throw new Error('not mended yet');
    }
    await database.transaction(async (tx) => {
      if (!(await receiveOnce(tx, event.id))) return;
      await tx.query('INSERT INTO effects (test, event_id, key, number, delay_ms) VALUES ($1, $2, $3, $4, $5)', [
        test,
        event.id,
        event.subject,
        Number(total?.amountMinor),
        Date.now() - Date.parse(event.time),
      ]);
      if (behavior === 'slow') await sleep(1_000);
    });
    return done;
  };
}

/** The recorded effects, in the order in which they occurred. */
export async function readEffects(database: Database, test: string): Promise<Effect[]> {
  const { rows } = await database.query<Effect>(
    `SELECT event_id AS "eventId", key, number, delay_ms AS "delayMs" FROM effects WHERE test = $1 ORDER BY id`,
    [test],
  );
  return rows;
}

/** Describes each violation: an event without an effect or with several effects, and a key whose order changed. */
export function findEffectErrors(sent: readonly string[], effects: readonly Effect[]): string[] {
  const counts = Map.groupBy(effects, ({ eventId }) => eventId);
  const lost = sent.filter((id) => !counts.has(id)).map((id) => `${id} had no effect`);
  const doubled = [...counts]
    .filter(([, all]) => all.length > 1)
    .map(([id, { length }]) => `${id} had ${length} effects`);
  const reordered = [...Map.groupBy(effects, ({ key }) => key)].flatMap(([key, ofKey]) =>
    ofKey.slice(1).flatMap(({ number }, index) => {
      const before = ofKey[index]?.number ?? -1;
      return number < before ? [`${key}: ${number} came after ${before}`] : [];
    }),
  );
  return [...lost, ...doubled, ...reordered];
}

/**
 * Formats the line that a test prints. If there are no violations, the rule of three bounds their rate with 95 %
 * confidence.
 */
export function summarize(what: string, count: number, violations: number): string {
  const bound = violations === 0 ? `, at most ${((100 * 3) / count).toFixed(3)} % with 95 % confidence (3/N)` : '';
  return `${what}: ${count} checked, ${violations} violations${bound}`;
}
