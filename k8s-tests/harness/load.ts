import { pause } from '../../services/lib/runtime/timing.ts';
import { type Answer, type Call, send } from './call.ts';
import type { Check } from './check.ts';

export interface LoadOptions {
  readonly ratePerSecond: number;
  readonly call: () => Call;
  readonly check: Check;
  /** Calls under way at once; one more than that is counted as failed and not sent. @default 100 */
  readonly maxInFlight?: number;
}

export interface LoadReport {
  readonly sent: number;
  readonly answers: readonly Answer[];
  /** One line for each failed call, with its time. */
  readonly failures: readonly string[];
}

/**
 * Steady open-loop load: a call is due every 1/rate seconds whether or not the ones before were answered, so that an
 * outage shows in as many failures as a client would have seen. `stop` waits for the last answers.
 */
export class Load {
  private readonly options: LoadOptions;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private readonly inFlight = new Set<Promise<void>>();
  private readonly answers: Answer[] = [];
  private readonly failures: string[] = [];
  private sent = 0;

  constructor(options: LoadOptions) {
    this.options = options;
    this.running = this.run();
  }

  async stop(): Promise<LoadReport> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.inFlight);
    return { sent: this.sent, answers: this.answers, failures: this.failures };
  }

  private async run(): Promise<void> {
    const intervalMs = 1_000 / this.options.ratePerSecond;
    const startedAt = performance.now();
    for (let due = 0; !this.stopping.signal.aborted; due++) {
      const pauseMs = startedAt + due * intervalMs - performance.now();
      if (pauseMs > 0) await pause(pauseMs, this.stopping.signal);
      if (!this.stopping.signal.aborted) this.start();
    }
  }

  private start(): void {
    this.sent += 1;
    if (this.inFlight.size >= (this.options.maxInFlight ?? 100)) {
      this.fail(new Date(), 'not sent: too many calls in flight');
      return;
    }
    const call = this.callOnce().finally(() => this.inFlight.delete(call));
    this.inFlight.add(call);
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
