import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

/**
 * Follows docs/add-a-service.md in a copy of the source. The service has another name here, so that the test also
 * passes after a reader has added the guide's service.
 */
const service = 'attic';
const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/add-a-service.md'), 'utf8').replaceAll('warehouse', service);

// Each test runs a compiler and a synthesis, possibly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

interface Edit {
  readonly file: string;
  /** Where the lines go: `in` a list or record, as its first entry, or `instead of` the first line that states it. */
  readonly how: string;
  readonly name: string;
  readonly lines: string;
}

const edits: Edit[] = [...guide.matchAll(/```\w+\n(?:\/\/|#) (\S+), (in|instead of) (\w+)\n([\s\S]*?\n)```/g)].map(
  ([, file = '', how = '', name = '', lines = '']) => ({ file, how, name, lines }),
);
const [problem = ''] = guide.match(/(?<=```text\n)[\s\S]*?(?=\n```)/) ?? [];

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'windlass-guide-'));
  for (const part of ['cdk8s', 'charts/postgres', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  const dataOnly = { extends: './tsconfig.json', include: ['cdk8s/policies.ts', 'cdk8s/environments.ts'] };
  writeFileSync(join(copy, 'tsconfig.data.json'), JSON.stringify(dataOnly));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true }));

function apply({ file, how, name, lines }: Edit): void {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  const place = how === 'in' ? `^(?: *|export const )${name}(?::| =)(?: [{[])?\n` : `^ *${name}:.*\n`;
  const [found] = source.match(new RegExp(place, 'm')) ?? [];
  if (found === undefined) throw new Error(`${file} has no ${name} for these lines:\n${lines}`);
  writeFileSync(
    path,
    source.replace(found, () => (how === 'in' ? found + lines : lines)),
  );
}

function run(command: string, ...args: string[]) {
  return execa(join(root, 'node_modules/.bin', command), args, { cwd: copy, reject: false, all: true });
}
const typecheck = () => run('tsc', '--noEmit', '--project', 'tsconfig.data.json');
const synth = () => run('node', 'cdk8s/commands/synth.ts', '--env', 'dev');

test('without a policy, both the compiler and the synthesis ask for one, as the guide says', async () => {
  expect(edits.map(({ file }) => file)).toEqual([
    'cdk8s/topology.ts',
    'cdk8s/topology.ts',
    'cdk8s/policies.ts',
    'cdk8s/environments.ts',
    'charts/postgres/values.yaml',
  ]);
  for (const edit of edits.slice(0, 2)) apply(edit);
  const [types, manifests] = await Promise.all([typecheck(), synth()]);
  expect(types.all).toContain(`"orders->${service}"`);
  expect(manifests.exitCode).toBe(1);
  for (const line of problem.split('\n')) expect(manifests.all).toContain(line);
});

test('after all edits, the new service has its second replica, its policy and its database', async () => {
  for (const edit of edits.slice(2)) apply(edit);
  const [types, manifests] = await Promise.all([typecheck(), synth()]);
  expect({ types: types.all, problems: manifests.stderr }).toEqual({ types: '', problems: '' });

  expect(findObject('60-workloads.yaml', 'Deployment')).toMatchObject({ spec: { replicas: 2 } });
  expect(findObject('40-mesh.yaml', 'VirtualService')).toMatchObject({
    spec: { http: [{ name: 'orders.Check', timeout: '300ms', retries: { attempts: 2 } }] },
  });
  const { services } = parse(readFileSync(join(copy, 'charts/postgres/values.yaml'), 'utf8'));
  expect(services).toContainEqual({ name: service, namespace: 'shop', connections: 35 });
});

function findObject(file: string, kind: string): unknown {
  const documents = parseAllDocuments(readFileSync(join(copy, 'dist/dev', file), 'utf8')).map((each) => each.toJS());
  return documents.find((object) => object?.kind === kind && object.metadata.name === service);
}
