import type { SubjectPart } from '../../lib/runtime/subject-program.ts';

/** What payments keeps about a customer's orders: the answers of the acquirer, by key. It knows no customer. */
export const customerData: SubjectPart = {
  async export(db, { records }) {
    const { rows } = await db.query(
      `SELECT operation, key, response, created_at AS "createdAt" FROM idempotency_keys
       WHERE key = ANY($1) ORDER BY created_at, key`,
      [records.flatMap((id) => ['authorize', 'capture', 'reverse'].map((call) => `${call}:${id}`))],
    );
    return { calls: rows };
  },
};
