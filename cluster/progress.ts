/** Says what a long command is doing: the step, n of m, elapsed. */
export interface Progress {
  /** Runs a step under a title; nested calls of `note` belong to it. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  /** What the step is busy with just now; on a terminal the last one is shown, elsewhere nothing is printed. */
  note(text: string): void;
}

const seconds = (sinceMs: number) => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;

/**
 * Progress on a terminal (one line that changes) or, elsewhere, in plain lines.
 * @param total how many steps there will be
 */
export function showProgress(total: number, out: NodeJS.WriteStream = process.stderr): Progress {
  const begin = Date.now();
  const live = out.isTTY === true;
  let count = 0;
  let note = '';
  const line = (mark: string, head: string, stepBegin: number, tail = '') =>
    `${mark} ${head}  ${seconds(stepBegin)}, ${seconds(begin)} in all${tail}`;
  return {
    async step(title, work) {
      const head = `[${++count}/${total}] ${title}`;
      const stepBegin = Date.now();
      const draw = () => {
        const tail = note ? `  ${note}` : '';
        out.write(`\r\x1b[K${line('…', head, stepBegin, tail).slice(0, (out.columns ?? 100) - 1)}`);
      };
      note = '';
      if (!live) out.write(`… ${head}\n`);
      const timer = live ? setInterval(draw, 200) : undefined;
      let mark = '✘';
      try {
        const result = await work();
        mark = '✔';
        return result;
      } finally {
        clearInterval(timer);
        out.write(`${live ? '\r\x1b[K' : ''}${line(mark, head, stepBegin)}\n`);
      }
    },
    note(text) {
      note = text.replaceAll(/\s+/g, ' ').trim();
    },
  };
}
