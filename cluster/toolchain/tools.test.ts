import { expect, test } from 'vitest';
import { run } from '../run.ts';
import { cacheName, tools } from './tools.ts';

test('every tool has pins of its own, and so a cache folder of its own', async () => {
  const names = await Promise.all(tools.map(cacheName));
  expect(new Set(names).size).toBe(tools.length);
});

test('a registry that does not answer is one error that says for what it was asked and what the client said', async () => {
  const env = { GOPROXY: 'http://127.0.0.1:1', GONOSUMDB: '*', GOFLAGS: '-mod=mod', GOWORK: 'off' };
  const build = run('go', ['list', '-m', 'example.com/none@v1.0.0'], { what: 'build of none', env, cwd: '/' });
  await expect(build).rejects.toThrow(/build of none failed[\s\S]*127\.0\.0\.1:1/);
});
