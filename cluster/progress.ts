import { Listr, ListrLogger, ProcessOutput } from 'listr2';

/** Reports what a long command is doing: its steps, their parts, and how long each took. */
export interface Progress {
  /** Runs a step under a title. Calls of `part` and `note` during it belong to it. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  /** Runs a part of the step that takes a while, such as a build or a pull. Parts may overlap. */
  part<T>(title: string, work: () => Promise<T>): Promise<T>;
  /** What the step is busy with at the moment. A terminal shows the last note; elsewhere notes are not printed. */
  note(text: string): void;
}

/** Runs the work and reports nothing. */
export const silent: Progress = { step: (_, work) => work(), part: (_, work) => work(), note: () => {} };

const SHOW_CURSOR = '\x1b[?25h';

const secondsSince = (beginMs: number) => `${((Date.now() - beginMs) / 1000).toFixed(1)} s`;

/**
 * Shows progress as a spinner on a terminal. Elsewhere it prints plain lines: one when a step or a part begins, one
 * when it ends.
 * @param total how many steps there will be
 */
export function showProgress(total: number, out: NodeJS.WriteStream = process.stderr): Progress {
  const begin = Date.now();
  // A terminal without a width, as of `script`, would show an empty spinner.
  const isTerminal = out.isTTY === true && process.stdout.isTTY === true && out.columns > 0;
  // listr2 replaces `out.write` while a spinner is shown, and leaves the cursor hidden if the process ends meanwhile.
  const write = out.write.bind(out);
  if (isTerminal) process.once('exit', () => write(SHOW_CURSOR));
  let count = 0;
  let show = (_line: string): void => {};

  const note = (text: string) => {
    if (isTerminal) show(text.replaceAll(/\s+/g, ' ').trim());
  };

  return {
    note,

    async step<T>(title: string, work: () => Promise<T>): Promise<T> {
      const head = `[${++count}/${total}] ${title}`;
      const stepBegin = Date.now();
      const timed = () => `${head}  ${secondsSince(stepBegin)}, ${secondsSince(begin)} in all`;
      const results: T[] = [];
      const list = makeList(isTerminal, out, head, async (task) => {
        show = (line) => {
          task.output = line;
        };
        const timer = setInterval(() => {
          task.title = timed();
        }, 1_000);
        try {
          results.push(await work());
        } catch (error) {
          // The list shows the first line. The caller gets the whole error and shows the rest.
          throw new Error(String(error instanceof Error ? error.message : error).split('\n')[0], { cause: error });
        } finally {
          clearInterval(timer);
          task.title = timed();
        }
      });
      await list.run().catch((error: Error) => {
        throw error.cause ?? error;
      });
      return results[0] as T;
    },

    async part(title, work) {
      const partBegin = Date.now();
      show(`${title} …`);
      try {
        const result = await work();
        if (!isTerminal) show(`${title}  ${secondsSince(partBegin)}`);
        return result;
      } catch (error) {
        if (!isTerminal) show(`${title} failed after ${secondsSince(partBegin)}`);
        throw error;
      }
    },
  };
}

/** The properties of a running task that change what listr2 shows. */
interface ShownTask {
  title: string;
  output: string;
}

/** A list of one task. It installs no signal handlers, because main.ts has them. */
function makeList(
  isTerminal: boolean,
  out: NodeJS.WriteStream,
  title: string,
  work: (task: ShownTask) => Promise<void>,
) {
  const logger = new ListrLogger({ processOutput: new ProcessOutput(out, out) });
  return new Listr([{ title, task: (_, task) => work(task) }], {
    renderer: isTerminal ? 'default' : 'simple',
    rendererOptions: isTerminal ? { logger, formatOutput: 'truncate', showErrorMessage: false } : { logger },
    registerSignalListeners: false,
  });
}
