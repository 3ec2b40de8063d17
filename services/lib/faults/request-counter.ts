/** Request ids that are remembered: the newest. */
const rememberedRequestIds = 10_000;

export interface RequestCounts {
  readonly byMatch: Record<string, number>;
  readonly byRequestId: Record<string, Record<string, number>>;
}

/** Counts what arrived, before any fault applies: what a resilience test compares with what it asked for. */
export class RequestCounter {
  #byMatch = new Map<string, number>();
  #byRequestId = new Map<string, Map<string, number>>();

  count(match: string, requestId: string): void {
    increment(this.#byMatch, match);
    const ofRequest = this.#byRequestId.get(requestId) ?? new Map<string, number>();
    increment(ofRequest, match);
    this.#byRequestId.set(requestId, ofRequest);
    const [oldest] = this.#byRequestId.keys();
    if (this.#byRequestId.size > rememberedRequestIds && oldest !== undefined) this.#byRequestId.delete(oldest);
  }

  clear(): void {
    this.#byMatch.clear();
    this.#byRequestId.clear();
  }

  read(): RequestCounts {
    const byRequestId = [...this.#byRequestId].map(([id, counts]) => [id, Object.fromEntries(counts)] as const);
    return { byMatch: Object.fromEntries(this.#byMatch), byRequestId: Object.fromEntries(byRequestId) };
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
