/** Commands in a document, with the output that it shows for them. */
export interface Step {
  /** Where the commands are: `README.md:12`. */
  readonly place: string;
  readonly commands: string;
  /** The lines that the document shows; empty if it shows no output. */
  readonly output: readonly string[];
}

const marker = '@@ step ';

/**
 * Reads the steps of a document's section. Each `sh` block is a step. A block of another language after it is its
 * output.
 * @param heading of the section, such as /tour/
 */
export function readSteps(file: string, text: string, heading: RegExp): readonly Step[] {
  const steps: Step[] = [];
  let isInside = false;
  let block: { readonly language: string; readonly place: string; readonly lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (block === undefined) {
      if (line.startsWith('## ')) isInside = heading.test(line);
      if (fence && isInside) block = { language: fence[1] ?? '', place: `${file}:${index + 2}`, lines: [] };
    } else if (fence) {
      const { language, place, lines } = block;
      if (language === 'sh') steps.push({ place, commands: lines.join('\n'), output: [] });
      else steps.push(...steps.splice(-1).map((step) => ({ ...step, output: lines })));
      block = undefined;
    } else {
      block.lines.push(line);
    }
  }
  if (steps.length === 0) throw new Error(`${file} has no section ${heading} with blocks of sh`);
  return steps;
}

/**
 * Joins all steps into one script, as if typed into one shell. It ends at the first command that fails. It kills the
 * processes that are still running, because they would keep its output open and its reader waiting.
 */
export function scriptOf(steps: readonly Step[]): string {
  const parts = steps.map(({ commands }, index) => `printf '\\n%s\\n' '${marker}${index}'\n${commands}`);
  return [`set -euo pipefail; exec 2>&1; trap 'kill -KILL $(jobs -p) 2>&- || true' EXIT`, ...parts].join('\n');
}

/** @returns the differences from the document, each with its line there; empty if there are none */
export function findMismatches(
  steps: readonly Step[],
  printed: string,
  exitCode: number | undefined,
): readonly string[] {
  const outputs = printed.split(new RegExp(`\\n${marker}\\d+(?:\\n|$)`)).slice(1);
  const faults = steps.slice(0, outputs.length).flatMap(({ place, output }, index) => {
    const missing = findMissing(output, outputs[index] ?? '');
    return missing === undefined ? [] : [`${place}: not printed: ${missing}\n${outputs[index]}`];
  });
  if (exitCode === 0) return faults;
  const last = steps[outputs.length - 1];
  return [...faults, `${last?.place}: ended with exit code ${exitCode}\n${outputs.at(-1)}`];
}

/** The first documented line that was not printed after those before it. */
function findMissing(documented: readonly string[], printed: string): string | undefined {
  const lines = printed.split('\n').map(mask);
  let from = 0;
  for (const line of documented) {
    const pattern = mask(line);
    if (pattern === '' || pattern === '…') continue;
    const at = lines.findIndex((each, index) => index >= from && matches(each, pattern));
    if (at < 0) return line;
    from = at + 1;
  }
  return undefined;
}

/** Compares a printed line with a documented one, in which `…` stands for anything. */
function matches(line: string, pattern: string): boolean {
  const parts = pattern.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(line);
}

/**
 * Replaces parts that differ from run to run: ids, times, durations, local ports, line numbers of a diff, widths of
 * columns. Whole numbers are results, so they stay.
 */
function mask(line: string): string {
  return line
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<id>')
    .replace(/\b[0-9a-f]{16,}\b/g, '<id>')
    .replace(/\b\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, '<date>')
    .replace(/\b\d+\.\d+ (ms|s)\b/g, '<duration>')
    .replace(/\+\d+\.\d+\b/g, '<offset>')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replace(/\b\d+ spans\b/g, '<n> spans')
    .replace(/^@@ .* @@/, '@@')
    .replace(/\s+/g, ' ')
    .trim();
}
