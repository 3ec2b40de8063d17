import type { SubjectPart } from '../../lib/runtime/subject-program.ts';

/** What notifications keeps about a customer: the records of their e-mails. */
export const customerData: SubjectPart = {
  async export(db, { id }) {
    const { rows } = await db.query(
      'SELECT order_id AS "orderId", kind, at FROM emails WHERE customer_id = $1 ORDER BY id',
      [id],
    );
    return { emails: rows };
  },
  async erase(tx, { id }) {
    const { rowCount } = await tx.query('DELETE FROM emails WHERE customer_id = $1', [id]);
    return { 'e-mails deleted': rowCount ?? 0 };
  },
};
