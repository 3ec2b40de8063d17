import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';

/** Files that are written by hand: neither generated nor copied from other projects. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((file) => !/package-lock|\.svg$|go\.(mod|sum)$|\/gen\/|cdk8s\/imports\/|strimzi\/crds\/|LICENSE/.test(file))
  .filter((file) => !['k8s-tests/docs/language.test.ts', 'cspell.json'].includes(file));

/** Phrases that are not plain English (docs/style.md). */
const phrases = ['can not', 'anew', 'whoever', 'for good', 'also if'];
/** The space between two words, where a comment's next line may begin. */
const gap = '\\s+(?:(?://|\\*|#|--)\\s+)?';
const pattern = new RegExp(`\\b(?:${phrases.map((phrase) => phrase.replace(' ', gap)).join('|')})\\b`, 'gi');

function findPhrases(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(pattern)].map(
    ({ 0: found, index }) => `${file}:${text.slice(0, index).split('\n').length}: ${found}`,
  );
}

it('no document, comment or message has a phrase that is not plain English', () => {
  expect(files.flatMap(findPhrases)).toEqual([]);
});
