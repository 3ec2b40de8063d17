/** The counter keeps the newest request ids, up to this number. */
const maxRequestIds = 10_000;

export interface RequestCounts {
  readonly byMatch: Record<string, number>;
  readonly byRequestId: Record<string, Record<string, number>>;
}

/** Counts the requests that arrive, before any fault applies. Tests compare the counts with the requests they sent. */
export class RequestCounter {
  #byMatch = new Map<string, number>();
  #byRequestId = new Map<string, Map<string, number>>();

  count(match: string, requestId: string): void {
    increment(this.#byMatch, match);
    const ofRequest = this.#byRequestId.get(requestId) ?? new Map<string, number>();
    increment(ofRequest, match);
    this.#byRequestId.set(requestId, ofRequest);
    const [oldest] = this.#byRequestId.keys();
    if (this.#byRequestId.size > maxRequestIds && oldest !== undefined) this.#byRequestId.delete(oldest);
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
