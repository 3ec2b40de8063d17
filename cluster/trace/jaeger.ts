import { z } from 'zod';
import { type PollOptions, pollUntil } from '../poll.ts';
import type { Span, Trace } from './trace.ts';

const tagSchema = z.object({ key: z.string(), value: z.unknown() });

const traceSchema = z.object({
  traceID: z.string(),
  spans: z.array(
    z.object({
      spanID: z.string(),
      operationName: z.string(),
      references: z.array(z.object({ refType: z.string(), spanID: z.string() })),
      startTime: z.number(),
      duration: z.number(),
      tags: z.array(tagSchema),
      processID: z.string(),
    }),
  ),
  processes: z.record(z.string(), z.object({ serviceName: z.string() })),
});

const tracesSchema = z.object({ data: z.array(traceSchema).nullable() });

/** The span attribute with the id of the order. */
const orderIdAttribute = 'windlass.order_id';

/** A client of Jaeger's query API. */
export class Jaeger {
  private readonly baseUrl: string;

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl;
  }

  /** The trace as far as Jaeger has it; undefined if Jaeger does not know it. */
  async readTrace(traceId: string): Promise<Trace | undefined> {
    // raw: spans as they were sent, without Jaeger's correction of clock skew, which moves them.
    return (await this.query(`/api/traces/${traceId}?raw=true`))[0];
  }

  /** The trace in which the order was placed; undefined if Jaeger has none. */
  async findTraceOfOrder(orderId: string): Promise<Trace | undefined> {
    const tags = JSON.stringify({ [orderIdAttribute]: orderId });
    const query = new URLSearchParams({ service: 'orders', tags, limit: '20' });
    const traces = await this.query(`/api/traces?${query}`);
    // The trace of a later GET has the order's id as well. The oldest trace is the one that placed the order.
    const [oldest] = traces.toSorted((left, right) => startOf(left) - startOf(right));
    return oldest === undefined ? undefined : this.readTrace(oldest.id);
  }

  /** Reads the trace until `read` no longer throws, and returns its value. Spans are sent in batches, seconds late. */
  async waitForTrace<T>(
    traceId: string,
    read: (trace: Trace) => T,
    options: PollOptions = { timeoutMs: 30_000, intervalMs: 500 },
  ): Promise<T> {
    return pollUntil(async () => {
      const trace = await this.readTrace(traceId);
      if (trace === undefined) throw new Error(`Jaeger has no trace ${traceId}`);
      return read(trace);
    }, options);
  }

  private async query(path: string): Promise<readonly Trace[]> {
    const url = `${this.baseUrl}${path}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) }).catch((error: Error) => {
      // fetch's own message says only that it failed. The cause says why.
      throw new Error(`GET ${url}: ${error.cause instanceof Error ? error.cause.message : error.message}`);
    });
    const text = await response.text();
    if (response.status === 404) return [];
    if (response.status !== 200) throw new Error(`Jaeger answers ${response.status} to ${path}: ${text.slice(0, 200)}`);
    return (tracesSchema.parse(JSON.parse(text)).data ?? []).map(readTraceJson);
  }
}

function readTraceJson({ traceID, spans, processes }: z.infer<typeof traceSchema>): Trace {
  return {
    id: traceID,
    spans: spans.map((span): Span => {
      const parent = span.references.find(({ refType }) => refType === 'CHILD_OF');
      return {
        id: span.spanID,
        ...(parent === undefined ? {} : { parentId: parent.spanID }),
        service: processes[span.processID]?.serviceName ?? 'unknown',
        operation: span.operationName,
        startUs: span.startTime,
        durationUs: span.duration,
        tags: Object.fromEntries(span.tags.map(({ key, value }) => [key, value])),
      };
    }),
  };
}

function startOf(trace: Trace): number {
  return Math.min(...trace.spans.map(({ startUs }) => startUs));
}
