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
  .filter((file) => file !== 'k8s-tests/docs/language.test.ts');

/** Phrases that are not plain English (docs/style.md). */
const phrases = /\b(can not|anew|whoever|for good|also if)\b/i;

it('no document, comment or message has a phrase that is not plain English', () => {
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (phrases.test(line) ? `${file}:${index + 1}: ${line.trim()}` : [])),
  );
  expect(found).toEqual([]);
});
