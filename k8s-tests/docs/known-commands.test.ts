import { lint } from 'markdownlint/promise';
import { describe, expect, it } from 'vitest';
import rule, { findUnknownCommands } from './known-commands.ts';

describe('a command that a document shows', () => {
  it.each([
    'make up',
    'make test CLUSTER=kind',
    'npm run test:unit -- cdk8s',
    'npx vitest --help',
    'npm run storm -- --seed 7 --write-docs',
    'npm run dlq -- redrive --cause bad-data',
    'services/<name>/main.ts',
    'k8s-tests/**/*.cluster.test.ts',
    'eval "$(make env)"',
  ])('is accepted if it exists: %s', (text) => expect(findUnknownCommands(text)).toEqual([]));

  it.each([
    ['make uo', 'the Makefile has no target uo'],
    ['make up CLUSTR=kind', 'the Makefile has no variable CLUSTR'],
    ['npm run --silent nothing -- x', 'package.json has no script nothing'],
    ['npx nothing', 'no package has a program nothing'],
    ['node cdk8s/nothing.ts', 'there is no file cdk8s/nothing.ts'],
    ['npm run storm -- --nothing 3', 'npm run storm has no option --nothing'],
    ['npm run test:unit -- cdk8s/nothing', 'there is no file cdk8s/nothing'],
    ['kubectl apply -f charts/nothing.yaml', 'there is no file charts/nothing.yaml'],
    ['services/nothing/main.ts', 'there is no file services/nothing/main.ts'],
    ['curl -s x | make nothing', 'the Makefile has no target nothing'],
  ])('is reported if it does not exist: %s', (text, problem) => expect(findUnknownCommands(text)).toEqual([problem]));

  it('is found in shell blocks and code spans, with its line, and not in prose or comments', async () => {
    const text = ['Now make sense of `make nothing`.', '', '~~~shell', '# make sense', 'make other', '~~~', ''].join(
      '\n',
    );
    const config = { default: false, 'known-commands': true };
    const { document = [] } = await lint({ strings: { document: text }, config, customRules: [rule] });
    expect(document.map(({ lineNumber, errorDetail }) => [lineNumber, errorDetail])).toEqual([
      [1, 'the Makefile has no target nothing'],
      [5, 'the Makefile has no target other'],
    ]);
  });
});
