import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { analyze } from '../analysis/analyze.ts';
import { writeDecisions } from '../documents/decisions-document.ts';
import { writeSaga } from '../documents/saga-document.ts';
import { drawTopology } from '../documents/topology-picture.ts';
import { SynthesisRejected } from '../model/problem.ts';
import type { Source } from './synth-command.ts';

/**
 * The `decisions` command: writes `<out>/decisions.md`, `<out>/saga.md` and `<out>/img/topology.svg`, or with `--check`
 * only compares them.
 *
 * @param args without the program's name
 * @returns the exit code: 0, or 1 when the source has problems, or with `--check` when a file is out of date
 */
export async function decisions(args: readonly string[], { environments, ...model }: Source): Promise<number> {
  const { out, check } = new Command('decisions')
    .description(
      'Writes the decision record, the saga and the picture: <out>/{decisions,saga}.md, <out>/img/topology.svg.',
    )
    .option('--out <folder>', 'folder to write to', 'docs')
    .option('--check', 'write nothing; exit 1 when a file is not what would be written', false)
    .showHelpAfterError('Add --help for the usage.')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(args, { from: 'user' })
    .opts<{ out: string; check: boolean }>();
  const replicas = Object.values(environments).map((environment) => environment.replicas);
  const problems = analyze(model, replicas);
  if (problems.length > 0) {
    console.error(new SynthesisRejected(problems).message);
    return 1;
  }

  const documents = {
    'decisions.md': writeDecisions(model),
    'saga.md': writeSaga(model.saga, model),
    'img/topology.svg': await drawTopology(model.topology),
  };
  const stale = Object.entries(documents).filter(([name, text]) => text !== readIfThere(join(out, name)));
  if (check) {
    for (const [name] of stale) console.error(`${join(out, name)} is out of date: run make decisions.`);
    return stale.length === 0 ? 0 : 1;
  }
  for (const [name, text] of stale) {
    mkdirSync(dirname(join(out, name)), { recursive: true });
    writeFileSync(join(out, name), text);
    console.log(`${join(out, name)} written.`);
  }
  return 0;
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
