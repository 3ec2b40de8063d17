import type { Database } from './database.ts';

/**
 * The pause between two polls of a database. A commit of this process ends the current pause, or the next one if none
 * is running, because the poll may find new work. So the pause can be long without delaying the process's own work.
 */
export class PollPause {
  #isDue = false;
  #end: (() => void) | undefined;
  readonly #unsubscribe: () => void;

  constructor(database: Pick<Database, 'onCommit'>) {
    this.#unsubscribe = database.onCommit(() => this.#wake());
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

  /** Ends the pause and stops listening for commits. */
  stop(): void {
    this.#unsubscribe();
    this.#wake();
  }

  #wake(): void {
    this.#isDue = true;
    this.#end?.();
  }
}
