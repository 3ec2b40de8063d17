import type { SubjectPart } from '../../lib/runtime/subject-program.ts';

/** What inventory keeps about a customer's orders: their stock. It knows no customer. */
export const customerData: SubjectPart = {
  async export(db, { records }) {
    const { rows: reservations } = await db.query(
      `SELECT order_id AS "orderId", sku, quantity, reserved_at AS "reservedAt" FROM reservations
       WHERE order_id = ANY($1) ORDER BY reserved_at, order_id, sku`,
      [records],
    );
    const { rows: holds } = await db.query(
      `SELECT order_id AS "orderId", at, released_at AS "releasedAt" FROM order_holds
       WHERE order_id = ANY($1) ORDER BY at, order_id`,
      [records],
    );
    return { reservations, holds };
  },
};
