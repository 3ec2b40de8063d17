import type { SubjectPart } from '../../lib/runtime/subject-program.ts';

/** What analytics keeps about a customer's orders: their facts. It knows no customer. */
export const customerData: SubjectPart = {
  async export(db, { records }) {
    const { rows } = await db.query(
      `SELECT order_id AS "orderId", placed_at AS "placedAt", total_minor AS "totalMinor", currency, outcome, reason,
         ended_at AS "endedAt" FROM order_facts WHERE order_id = ANY($1) ORDER BY placed_at, order_id`,
      [records],
    );
    return { facts: rows };
  },
};
