import type { AcceptedOrder } from '../checker/state.ts';
import { type HttpRequest, send } from '../harness/http.ts';
import { NOT_SENT } from '../harness/load.ts';
import { runOpenLoop } from '../harness/open-loop.ts';

export interface LoadShape {
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** The intervals with `factor` times the rate. */
  readonly bursts: readonly { readonly atMs: number; readonly forMs: number }[];
  readonly factor: number;
}

/** A call as its client saw it. Without a status, the client got no response or did not send the call. */
export interface OrderRecord {
  readonly key: string;
  readonly atMs: number;
  readonly paymentToken: string;
  readonly status?: number;
  readonly orderId?: string;
  readonly durationMs?: number;
  readonly error?: string;
}

/** The start of each call, in ms from the start of the load. */
export function dueTimes({ ratePerSecond, durationMs, bursts, factor }: LoadShape): readonly number[] {
  const due: number[] = [];
  for (let atMs = 0; atMs < durationMs; ) {
    due.push(atMs);
    const inBurst = bursts.some((burst) => burst.atMs <= atMs && atMs < burst.atMs + burst.forMs);
    atMs += 1_000 / (ratePerSecond * (inBurst ? factor : 1));
  }
  return due;
}

export interface OrderLoadOptions {
  readonly dueMs: readonly number[];
  /** Returns the n-th request, its idempotency key and its card. */
  readonly callOf: (n: number) => Pick<OrderRecord, 'key' | 'paymentToken'> & { readonly call: HttpRequest };
  readonly onCall?: (call: OrderRecord) => void;
  /** The limit of concurrent calls. A call above it is not sent. */
  readonly maxInFlight: number;
  readonly signal: AbortSignal;
}

/** An open-loop load of orders that records each call. */
export class OrderLoad {
  readonly records: OrderRecord[] = [];
  readonly finished: Promise<void>;

  constructor({ callOf, onCall, ...loop }: OrderLoadOptions) {
    const add = (call: OrderRecord): void => {
      this.records.push(call);
      onCall?.(call);
    };
    this.finished = runOpenLoop({
      ...loop,
      call: async (n, atMs) => {
        const { call, ...what } = callOf(n);
        add({ ...what, atMs, ...(await record(call)) });
      },
      skip: (n, atMs) => {
        const { call: _, ...what } = callOf(n);
        add({ ...what, atMs, error: NOT_SENT });
      },
    });
  }

  /** The orders that were answered with a 2xx status. */
  get accepted(): readonly AcceptedOrder[] {
    return this.records.flatMap(({ status, orderId }) =>
      status !== undefined && status < 300 && orderId !== undefined ? [{ status, orderId }] : [],
    );
  }
}

async function record(call: HttpRequest): Promise<Omit<OrderRecord, 'key' | 'atMs' | 'paymentToken'>> {
  try {
    const { status, text, durationMs } = await send(call);
    const orderId = status < 300 ? orderIdIn(text) : undefined;
    return { status, durationMs, ...(orderId !== undefined && { orderId }) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Throws if a 2xx response has no id, because the checker could not check that order. */
function orderIdIn(text: string): string {
  const body: unknown = JSON.parse(text);
  if (body instanceof Object && 'orderId' in body && typeof body.orderId === 'string') return body.orderId;
  throw new Error(`a 2xx answer without an orderId: ${text.slice(0, 200)}`);
}
