import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { environments } from '../environments.ts';

const RUNS = 20;
const ZONES = ['UTC', 'Asia/Tokyo', 'America/Lima', 'Asia/Kathmandu', 'Pacific/Kiritimati'];
const LANGUAGES = ['C', 'tr_TR.UTF-8', 'de_DE.UTF-8', 'ar_EG.UTF-8', 'zh_CN.UTF-8', 'sv_SE.UTF-8', ''];
const FOLDERS = [tmpdir(), import.meta.dirname, '/', homedir()];

const folder = mkdtempSync(join(tmpdir(), 'windlass-reproducible-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pick = (values: readonly string[], index: number): string => values[index % values.length] ?? '';

/** Synthesizes in a process of its own, as `make synth` does, and gives each file with its content. */
async function synthesizeAs(index: number): Promise<(readonly [path: string, content: string])[]> {
  const out = join(folder, String(index));
  const image = `registry.example/services@sha256:${'1'.repeat(64)}`;
  const command = [join(import.meta.dirname, 'synth.ts'), '--out', out, '--image', image, '--examples'];
  const LANG = pick(LANGUAGES, index);
  const env = { ...process.env, TZ: pick(ZONES, index), LANG, LC_ALL: LANG };
  await promisify(execFile)(process.execPath, command, { cwd: pick(FOLDERS, index), env });
  return readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .toSorted()
    .map((file) => [file, readFileSync(join(out, file), 'utf8')] as const);
}

test(`the same source gives the same bytes in ${RUNS} runs, whatever the time zone, the language and the working folder`, async () => {
  const first = await synthesizeAs(0);
  expect(first).toHaveLength(8 * Object.keys(environments).length);
  const others = Array.from({ length: RUNS - 1 }, (_, index) => index + 1);
  const runAll = async (indexes: readonly number[]) => {
    for (const index of indexes) expect(await synthesizeAs(index), `run ${index}`).toEqual(first);
  };
  await Promise.all([0, 1].map((half) => runAll(others.filter((index) => index % 2 === half))));
}, 120_000);
