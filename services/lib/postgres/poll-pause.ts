import type { Database } from './database.ts';

/**
 * The pause of something that polls a database. A commit of this process cuts it short, or else the next one: it may be what
 * is waited for. So the pause can be long, and work that is handed on inside a process does not wait.
 */
export class PollPause {
  #isDue = false;
  #end: (() => void) | undefined;
  readonly #forget: () => void;

  constructor(database: Pick<Database, 'onCommit'>) {
    this.#forget = database.onCommit(() => this.#wake());
  }

  async wait(ms: number): Promise<void> {
    if (!this.#isDue) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isDue = false;
    this.#end = undefined;
  }

  /** Ends the pause; commits are no longer of interest. */
  stop(): void {
    this.#forget();
    this.#wake();
  }

  #wake(): void {
    this.#isDue = true;
    this.#end?.();
  }
}
