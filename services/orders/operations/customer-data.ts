import type { Queryable } from '../../lib/postgres/database.ts';
import type { Erased, Subject, SubjectPart } from '../../lib/runtime/subject-program.ts';
import { customerSchema, erasedCustomer } from '../order.ts';

/** What orders keeps about a customer: their orders with all that belongs to them, and their idempotency keys. */
export const customerData: SubjectPart = {
  async export(db, { id }) {
    const customerId = readCustomer(id);
    const { rows } = await db.query<{ orders: object[] | null; keys: object[] | null }>(
      `SELECT
         (SELECT json_agg(json_build_object(
            'orderId', o.id, 'status', o.status, 'placedAt', o.placed_at, 'items', o.items,
            'shippingAddress', o.shipping_address, 'currency', o.currency, 'totalMinor', o.total_minor,
            'authorizationId', o.authorization_id, 'estimatedDelivery', o.estimated_delivery,
            'hasPaymentToken', o.payment_token IS NOT NULL,
            'history', (SELECT json_agg(json_build_object('at', at, 'status', h.status, 'reason', reason) ORDER BY h.id)
              FROM order_history h WHERE order_id = o.id),
            'saga', (SELECT json_build_object('state', state, 'reason', reason, 'startedAt', started_at, 'endedAt', ended_at,
                'steps', (SELECT json_agg(json_build_object('step', step, 'state', t.state, 'detail', detail))
                  FROM saga_steps t WHERE order_id = o.id)) FROM sagas WHERE order_id = o.id),
            'actions', (SELECT json_agg(json_build_object('at', at, 'action', action, 'reason', reason) ORDER BY a.id)
              FROM order_actions a WHERE order_id = o.id),
            'events', (SELECT json_agg(json_build_object('id', event_id, 'type', type, 'at', occurred_at, 'data', data::json)
              ORDER BY e.id) FROM outbox e WHERE subject = o.id::text)
          ) ORDER BY o.placed_at, o.id) FROM orders o WHERE customer_id = $1) AS orders,
         (SELECT json_agg(json_build_object('key', key, 'orderId', order_id, 'state', state, 'createdAt', created_at,
            'outcome', outcome) ORDER BY created_at) FROM idempotency_keys WHERE customer_id = $1) AS keys`,
      [customerId],
    );
    return { orders: rows[0]?.orders ?? [], idempotencyKeys: rows[0]?.keys ?? [] };
  },

  async erase(tx, { id }: Subject): Promise<Erased> {
    const customerId = readCustomer(id);
    const { rows } = await tx.query<{ id: string; why: string | null }>(
      `SELECT id, CASE
         WHEN status NOT IN ('fulfilled', 'cancelled') OR EXISTS (SELECT FROM sagas s WHERE s.order_id = o.id AND s.state <> 'ended')
           THEN 'it is ' || status
         WHEN EXISTS (SELECT FROM abandoned_payments a WHERE a.order_id = o.id) THEN 'a payment of it is to be reversed'
         WHEN EXISTS (SELECT FROM outbox e WHERE e.subject = o.id::text AND e.published_at IS NULL)
           THEN 'an event of it is not published yet'
         WHEN EXISTS (SELECT FROM order_actions a WHERE a.order_id = o.id AND a.action = 'repeat' AND a.done_at IS NULL)
           THEN 'a stock call of it is to be repeated' END AS why
       FROM orders o WHERE customer_id = $1 ORDER BY placed_at, id FOR UPDATE`,
      [customerId],
    );
    const { rows: placing } = await tx.query<{ id: string; why: string }>(
      `SELECT order_id AS id, 'it is being placed' AS why FROM idempotency_keys
       WHERE customer_id = $1 AND state <> 'final' FOR UPDATE`,
      [customerId],
    );
    const open = [...rows.filter(({ why }) => why !== null), ...placing];
    if (open.length > 0) throw new Error(refusal(open.map(({ id: orderId, why }) => `${orderId} (${why})`)));
    const ids = rows.map(({ id: orderId }) => orderId);
    return {
      'orders anonymized': await countOf(
        tx,
        `UPDATE orders SET customer_id = $2,
           shipping_address = jsonb_build_object('country', shipping_address->'country') WHERE id = ANY($1)`,
        [ids, erasedCustomer],
      ),
      'events in the outbox anonymized': await countOf(
        tx,
        `UPDATE outbox SET data = jsonb_set(data::jsonb, '{customerId}', to_jsonb($2::text))::text
         WHERE subject = ANY($1) AND data::jsonb->>'customerId' IS NOT NULL`,
        [ids, erasedCustomer],
      ),
      'reasons of operators erased': await countOf(
        tx,
        "UPDATE order_actions SET reason = 'erased' WHERE order_id = ANY($1) AND reason <> 'erased'",
        [ids],
      ),
      // A key that was claimed since the check above may stand for money that is held.
      'idempotency keys deleted': await countOf(
        tx,
        "DELETE FROM idempotency_keys WHERE customer_id = $1 AND state = 'final'",
        [customerId],
      ),
    };
  },
};

function readCustomer(id: string): string {
  const result = customerSchema.safeParse(id);
  if (result.success) return result.data;
  throw new Error(`The id of the customer ${result.error.issues.map(({ message }) => message).join(', ')}.`);
}

const mostNamed = 20;

function refusal(open: readonly string[]): string {
  const more = open.length > mostNamed ? `, and ${open.length - mostNamed} more` : '';
  const count = open.length === 1 ? '1 open order' : `${open.length} open orders`;
  return `The customer has ${count}: ${open.slice(0, mostNamed).join(', ')}${more}. Wait until each has ended, or cancel it with npm run saga, and run this again. Nothing was changed.`;
}

async function countOf(tx: Queryable, sql: string, params: unknown[]): Promise<number> {
  return (await tx.query(sql, params)).rowCount ?? 0;
}
