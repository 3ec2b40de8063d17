import type { AcceptedOrder } from '../checker/state.ts';
import { type HttpRequest, send } from '../harness/http.ts';
import { NOT_SENT } from '../harness/load.ts';
import { runOpenLoop } from '../harness/open-loop.ts';

export interface LoadShape {
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** Times in which the rate is `factor` as high. */
  readonly bursts: readonly { readonly atMs: number; readonly forMs: number }[];
  readonly factor: number;
}

/** A call as the client knows it. No status: no answer came, or it was never sent. */
export interface OrderRecord {
  readonly key: string;
  readonly atMs: number;
  readonly status?: number;
  readonly orderId?: string;
  readonly durationMs?: number;
  readonly error?: string;
}

/** When each call is due, counted from the start. */
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
  /** The n-th call, and its idempotency key. */
  readonly callOf: (n: number) => { readonly key: string; readonly call: HttpRequest };
  /** Calls under way at once; one more than that is not sent. */
  readonly maxInFlight: number;
  readonly signal: AbortSignal;
}

/** Open-loop load of orders, with a record of each. */
export class OrderLoad {
  readonly records: OrderRecord[] = [];
  readonly finished: Promise<void>;

  constructor({ callOf, ...loop }: OrderLoadOptions) {
    this.finished = runOpenLoop({
      ...loop,
      call: async (n, atMs) => {
        const { key, call } = callOf(n);
        this.records.push({ key, atMs, ...(await record(call)) });
      },
      skip: (n, atMs) => this.records.push({ key: callOf(n).key, atMs, error: NOT_SENT }),
    });
  }

  /** The orders that a client was promised. */
  get accepted(): readonly AcceptedOrder[] {
    return this.records.flatMap(({ status, orderId }) =>
      status !== undefined && status < 300 && orderId !== undefined ? [{ status, orderId }] : [],
    );
  }
}

async function record(call: HttpRequest): Promise<Omit<OrderRecord, 'key' | 'atMs'>> {
  try {
    const { status, text, durationMs } = await send(call);
    const orderId = status < 300 ? orderIdIn(text) : undefined;
    return { status, durationMs, ...(orderId !== undefined && { orderId }) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Fails loudly: a 2xx without an id would be a promise that the checker cannot check. */
function orderIdIn(text: string): string {
  const body: unknown = JSON.parse(text);
  if (body instanceof Object && 'orderId' in body && typeof body.orderId === 'string') return body.orderId;
  throw new Error(`a 2xx answer without an orderId: ${text.slice(0, 200)}`);
}
