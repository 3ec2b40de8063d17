import { check, hasStatus, succeeded } from '../../harness/check.ts';
import { type HttpRequest, send } from '../../harness/http.ts';
import { NOT_SENT } from '../../harness/load.ts';
import { runOpenLoop } from '../../harness/open-loop.ts';
import { orderRequest, readPlaced } from '../../harness/order.ts';
import { analyst, oneLike, support } from '../../harness/tokens.ts';

/** The requests of customers and of the dashboard, by the service that answers them. */
export interface RequestRecord {
  readonly callee: 'orders' | 'analytics';
  readonly what: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Undefined: it succeeded. */
  readonly wrong: string | undefined;
}

/** In a second: three orders, one look at the last order, one look at the stats. */
const everyMs = 200;
const kinds = ['order', 'lookup', 'order', 'stats', 'order'] as const;
/** Far longer than the longest timeout of the gateway. */
const timeoutMs = 15_000;

/** Orders, lookups and stats at a steady rate until the signal. No request is sent again. */
export async function requestSteadily(ingressUrl: string, signal: AbortSignal): Promise<readonly RequestRecord[]> {
  const records: RequestRecord[] = [];
  let lastOrderId: string | undefined;
  const requests = {
    order: (): HttpRequest => orderRequest(ingressUrl),
    lookup: (): HttpRequest => ({ url: `${ingressUrl}/v1/orders/${lastOrderId}`, as: oneLike(support) }),
    stats: (): HttpRequest => ({ url: `${ingressUrl}/v1/stats`, as: oneLike(analyst) }),
  };
  const makeOne = async (kind: (typeof kinds)[number]): Promise<void> => {
    const answer = await send({ ...requests[kind](), timeoutMs });
    check(answer, kind === 'order' ? succeeded : hasStatus(200));
    if (kind === 'order') lastOrderId = readPlaced(answer).orderId;
  };
  await runOpenLoop({
    dueMs: steps(),
    maxInFlight: 200,
    signal,
    call: async (n) => {
      const wanted = kinds[n % kinds.length] ?? 'order';
      const kind = wanted === 'lookup' && lastOrderId === undefined ? 'order' : wanted;
      const startedAtMs = Date.now();
      const wrong = await makeOne(kind).then(
        () => undefined,
        (error: unknown) => String(error),
      );
      const callee = kind === 'stats' ? 'analytics' : 'orders';
      records.push({ callee, what: kind, startedAtMs, endedAtMs: Date.now(), wrong });
    },
    skip: () => {
      const atMs = Date.now();
      records.push({ callee: 'orders', what: 'any', startedAtMs: atMs, endedAtMs: atMs, wrong: NOT_SENT });
    },
  });
  return records;
}

function* steps(): Generator<number> {
  for (let n = 0; ; n++) yield n * everyMs;
}
