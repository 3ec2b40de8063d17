import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../cluster/paths.ts';
import { findUnknownCommands } from '../docs/known-commands.ts';

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map((file): [string, Workflow, string] => {
  const text = readFileSync(join(folder, file), 'utf8');
  return [file, parse(text) as Workflow, text];
});

describe.each(workflows)('the workflow %s', (_, { permissions, jobs }, text) => {
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('runs only commands that exist', () => {
    const lines = steps.flatMap(({ run = '' }) => run.split('\n'));
    expect(lines.flatMap(findUnknownCommands)).toEqual([]);
  });

  test('may only read the repository, unless a job states more', () =>
    expect(permissions).toEqual({ contents: 'read' }));

  test('pins each action by commit, and says which version that is', () => {
    const uses = text.split('\n').filter((line) => /^ *-? *uses:/.test(line));
    expect(uses).toHaveLength(steps.filter((step) => step.uses).length);
    expect(uses.filter((line) => !/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });
});

describe('a release', () => {
  const [, { jobs }] = workflows.find(([file]) => file === 'release.yml') as [string, Workflow, string];
  const jobsThatMay = (permission: string) =>
    Object.keys(jobs).filter((name) => jobs[name]?.permissions?.[permission] === 'write');
  const commandsOf = (name: string) => jobs[name]?.steps.flatMap(({ run }) => run ?? []).join('\n') ?? '';

  test('is signed by one job, which runs no code of this repository or of a package', () => {
    expect(jobsThatMay('id-token')).toEqual(['sign']);
    expect(jobs.sign?.steps.filter(({ uses }) => uses?.startsWith('actions/checkout'))).toEqual([]);
    expect(commandsOf('sign')).not.toMatch(/\b(npm|npx|node|make|docker run)\b/);
  });

  test('is published by one job, after the signatures', () => {
    expect(jobsThatMay('contents')).toEqual(['publish']);
    expect(jobs.publish).toMatchObject({ needs: expect.arrayContaining(['sign']) });
  });

  test('has a signature of the image and of its document, both by digest', () => {
    expect(commandsOf('sign')).toContain('cosign sign --yes "$IMAGE"');
    expect(commandsOf('sign')).toMatch(
      /cosign attest --yes --type cyclonedx --predicate \S+image\.cdx\.json "\$IMAGE"/,
    );
    expect(jobs.sign).toMatchObject({
      env: { IMAGE: expect.stringMatching(/@\$\{\{ needs\.build\.outputs\.digest \}\}$/) },
    });
  });

  test('has the documents of the repository and of the image', () => {
    expect(commandsOf('build')).toContain('make sbom IMAGE="$IMAGE"');
    expect(commandsOf('publish')).toContain('release/sbom/*.cdx.json');
  });
});
