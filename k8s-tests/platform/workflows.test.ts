import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../cluster/paths.ts';
import { findUnknownCommands } from '../docs/known-commands.ts';

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly uses?: string; readonly run?: string }[] }>
  >;
}

const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map((file): [string, Workflow] => [
  file,
  parse(readFileSync(join(folder, file), 'utf8')) as Workflow,
]);

describe.each(workflows)('the workflow %s', (_, { permissions, jobs }) => {
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('runs only commands that exist', () => {
    const lines = steps.flatMap(({ run = '' }) => run.split('\n'));
    expect(lines.flatMap(findUnknownCommands)).toEqual([]);
  });

  test('may only read the repository, unless a job states more', () =>
    expect(permissions).toEqual({ contents: 'read' }));

  test('pins the version of each action', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.filter((action) => !/@(v\d+|[0-9a-f]{40})$/.test(action))).toEqual([]);
  });
});
