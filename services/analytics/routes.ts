import { z } from 'zod';
import type { HttpRoute } from '../lib/http/route.ts';
import type { Queryable } from '../lib/postgres/database.ts';
import { validate } from '../lib/runtime/validate.ts';
import { readStats } from './stats.ts';

const rule = 'must be a whole number from 1 to 1440';

/** Query parameters are strings: `minutes=60`. */
const querySchema = z.strictObject({
  minutes: z
    .string(rule)
    .regex(/^\d{1,4}$/, rule)
    .refine((text) => Number(text) >= 1 && Number(text) <= 1440, rule)
    .transform(Number)
    .default(60),
});

export function analyticsRoutes(database: Queryable): HttpRoute[] {
  return [
    {
      method: 'get',
      path: '/v1/stats',
      handle: async ({ query }) => {
        const { minutes } = validate(querySchema, query, 'query');
        return { status: 200, body: await readStats(database, minutes) };
      },
    },
  ];
}
