import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { root } from '../../cluster/paths.ts';
import { findMismatches, readSteps, scriptOf } from './run-document.ts';

/**
 * Runs a section of a document and compares its output. All `sh` blocks run in one bash, as in a person's shell, which
 * has no variables of a surrounding make; it ends at the first command that fails. A block of another language after an
 * `sh` block is its output. Each line of it must be printed, in that order; other lines may be printed too. Ids, times,
 * durations, ports and spaces are masked on both sides, and `…` matches anything.
 *
 * @param file of the repository
 * @param heading of the section, such as /tour/
 * @returns the differences from the document, each with its line there; empty if there are none
 */
export async function runSection(file: string, heading: RegExp): Promise<readonly string[]> {
  const steps = readSteps(file, await readFile(join(root, file), 'utf8'), heading);
  const env = { MAKELEVEL: undefined, MAKEFLAGS: undefined, MFLAGS: undefined };
  const options = { cwd: root, env, reject: false, stdin: 'ignore', timeout: 280_000 } as const;
  const { stdout, exitCode } = await execa('bash', ['-c', scriptOf(steps)], options);
  return findMismatches(steps, stdout, exitCode);
}
