import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Rule } from 'markdownlint';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const makefile = read('Makefile');
const targets = new Set([...makefile.matchAll(/^([a-z][\w-]*):/gm)].map(([, target]) => target));
const variables = new Set(
  [...makefile.matchAll(/^(?:SETTINGS|ARGUMENTS) := (.*)$/gm)].flatMap(([, list = '']) => list.split(' ')),
);
const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };

/** A command of this repository, up to the end of its line, its code span or its shell command. */
const command = /(?:^|[$(;&|\s])(make|npm run|npx|node) ((?:[^\n;&|)"]|"[^"]*")+)/g;

/** A path below a folder of this repository, without a glob or a placeholder. */
const path = /(?:^|[\s"'=(])((?:cdk8s|charts|cluster|docs|k8s-tests|services)\/[\w./-]+)(?=$|[\s"'):#;,])/g;

/**
 * Finds the problems of commands in shell code: unknown targets, variables, scripts, options, programs and files.
 *
 * @param text one line
 */
export function findUnknownCommands(text: string): string[] {
  const paths = [...text.matchAll(path)].flatMap(([, file = '']) =>
    existsSync(join(root, file)) ? [] : [`there is no file ${file}`],
  );
  const commands = [...text.matchAll(command)].flatMap(([, program, rest = '']) => {
    const words = rest.trim().split(/\s+/);
    if (program === 'make') return words.flatMap(checkMakeWord);
    const [name = ''] = words.filter((word) => !word.startsWith('-'));
    if (program === 'npm run') return checkScript(name, words);
    if (program === 'npx')
      return existsSync(join(root, 'node_modules/.bin', name)) ? [] : [`no package has a program ${name}`];
    return [];
  });
  return [...commands, ...paths];
}

function checkScript(name: string, words: readonly string[]): string[] {
  const script = scripts[name];
  if (script === undefined) return [`package.json has no script ${name}`];
  const separator = words.indexOf('--');
  const options = separator < 0 ? [] : words.slice(separator + 1).flatMap((word) => /^--[a-z][\w-]*/.exec(word) ?? []);
  const source = sourceOf(script);
  if (source === undefined) return [];
  return options
    .filter((option) => option !== '--help' && !source.includes(`'${option}`))
    .map((option) => `npm run ${name} has no option ${option}`);
}

/** The text of the folder of the script's own program, or undefined if it runs another one. */
function sourceOf(script: string): string | undefined {
  const [program] = script.match(/[\w./-]+\.ts\b/g)?.slice(-1) ?? [];
  const file = ['', 'services'].map((folder) => join(root, folder, program ?? '')).find((each) => existsSync(each));
  if (program === undefined || file === undefined) return undefined;
  const folder = dirname(file);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

function checkMakeWord(word: string): string[] {
  const [, variable] = /^([A-Z_]+)=/.exec(word) ?? [];
  if (variable) return variables.has(variable) ? [] : [`the Makefile has no variable ${variable}`];
  return !/^[a-z][a-z-]*$/.test(word) || targets.has(word) ? [] : [`the Makefile has no target ${word}`];
}

/** A markdownlint rule: every command of this repository that a document shows must exist. */
const rule: Rule = {
  names: ['known-commands'],
  description: 'Commands exist in the Makefile, package.json or the repository',
  tags: ['windlass'],
  parser: 'none',
  function: ({ lines }, onError) => {
    let fence: string | undefined;
    for (const [index, line] of lines.entries()) {
      const [, language] = /^\s*(?:```|~~~)\s*(\w*)/.exec(line) ?? [];
      if (language !== undefined) fence = fence === undefined ? language : undefined;
      else
        for (const text of commandsIn(line, fence))
          for (const detail of findUnknownCommands(text)) onError({ lineNumber: index + 1, detail });
    }
  },
};
export default rule;

/** The parts of a line that may hold commands: in a shell block, all but the comment; in prose, the code spans. */
function commandsIn(line: string, fence: string | undefined): readonly string[] {
  if (fence === undefined) return (line.match(/`[^`]+`/g) ?? []).map((span) => span.slice(1, -1));
  return ['sh', 'shell', 'bash', 'zsh', 'console'].includes(fence) ? [line.replace(/(^|\s)#.*$/, '')] : [];
}
