import type { Check } from './check.ts';
import { type HttpRequest, type HttpResponse, send } from './http.ts';
import { runOpenLoop } from './open-loop.ts';

/** The record of a call that the client did not make. */
export const NOT_SENT = 'not sent: too many calls in flight';

export interface LoadOptions {
  readonly ratePerSecond: number;
  readonly call: () => HttpRequest;
  readonly check: Check;
  /** The limit of concurrent calls. A call above it is not sent and counts as failed. @default 100 */
  readonly maxInFlight?: number;
}

export interface LoadReport {
  readonly sent: number;
  readonly answers: readonly HttpResponse[];
  /** One line per failed call, with its time. */
  readonly failures: readonly string[];
}

/** A steady open-loop load with a call every 1/rate seconds. `stop` waits for the last responses. */
export class Load {
  private readonly options: LoadOptions;
  private readonly stopping = new AbortController();
  private readonly finished: Promise<void>;
  private readonly answers: HttpResponse[] = [];
  private readonly failures: string[] = [];
  private sent = 0;

  constructor(options: LoadOptions) {
    this.options = options;
    this.finished = runOpenLoop({
      dueMs: every(1_000 / options.ratePerSecond),
      maxInFlight: options.maxInFlight ?? 100,
      signal: this.stopping.signal,
      call: () => {
        this.sent += 1;
        return this.callOnce();
      },
      skip: () => {
        this.sent += 1;
        this.fail(new Date(), NOT_SENT);
      },
    });
  }

  async stop(): Promise<LoadReport> {
    this.stopping.abort();
    await this.finished;
    return { sent: this.sent, answers: this.answers, failures: this.failures };
  }

  private async callOnce(): Promise<void> {
    const at = new Date();
    try {
      const answer = await send(this.options.call());
      const wrong = this.options.check(answer);
      if (wrong === undefined) this.answers.push(answer);
      else this.fail(at, `${wrong}, traceresponse ${answer.headers.traceresponse}: ${answer.text.slice(0, 200)}`);
    } catch (error) {
      this.fail(at, error instanceof Error ? error.message : String(error));
    }
  }

  private fail(at: Date, message: string): void {
    this.failures.push(`${at.toISOString()} ${message}`);
  }
}

function* every(intervalMs: number): Generator<number> {
  for (let n = 0; ; n++) yield n * intervalMs;
}
