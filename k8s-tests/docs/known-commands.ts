import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rule } from 'markdownlint';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const makefile = read('Makefile');
const targets = new Set([...makefile.matchAll(/^([a-z][\w-]*):/gm)].map(([, target]) => target));
const variables = new Set(
  [...makefile.matchAll(/^(?:SETTINGS|ARGUMENTS) := (.*)$/gm)].flatMap(([, list = '']) => list.split(' ')),
);
const scripts = new Set(Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts));

/** A command of this repository, up to the end of its line, its code span or its shell command. */
const command = /(?:^|[$(;&|\s])(make|npm run|npx|node) ((?:[^\n;&|)"]|"[^"]*")+)/g;

/**
 * Finds the problems of commands in shell code: unknown targets, variables, scripts, programs and files.
 *
 * @param text one line
 */
export function findUnknownCommands(text: string): string[] {
  return [...text.matchAll(command)].flatMap(([, program, rest = '']) => {
    const words = rest.trim().split(/\s+/);
    if (program === 'make') return words.flatMap(checkMakeWord);
    const [name = ''] = words.filter((word) => !word.startsWith('-'));
    if (program === 'npm run') return scripts.has(name) ? [] : [`package.json has no script ${name}`];
    if (program === 'npx')
      return existsSync(join(root, 'node_modules/.bin', name)) ? [] : [`no package has a program ${name}`];
    return !name.endsWith('.ts') || existsSync(join(root, name)) ? [] : [`there is no file ${name}`];
  });
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
      const [, language] = /^\s*```(\w*)/.exec(line) ?? [];
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
  return ['sh', 'bash', 'console'].includes(fence) ? [line.replace(/(^|\s)#.*$/, '')] : [];
}
