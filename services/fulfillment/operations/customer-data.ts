import type { SubjectPart } from '../../lib/runtime/subject-program.ts';

/** What fulfillment keeps about a customer's orders: their shipments. It knows no customer and no address. */
export const customerData: SubjectPart = {
  async export(db, { records }) {
    const { rows } = await db.query(
      'SELECT order_id AS "orderId", status, reason, at FROM shipments WHERE order_id = ANY($1) ORDER BY at, order_id',
      [records],
    );
    return { shipments: rows };
  },
};
