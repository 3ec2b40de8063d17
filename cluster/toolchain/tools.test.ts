import { expect, test } from 'vitest';
import { run } from '../run.ts';
import { cacheName, tools } from './tools.ts';

test('every tool has its own pins, and so its own cache folder', async () => {
  const names = await Promise.all(tools.map(cacheName));
  expect(new Set(names).size).toBe(tools.length);
});

test("a registry that does not answer is an error with the purpose of the request and the client's words", async () => {
  const env = { GOPROXY: 'http://127.0.0.1:1', GONOSUMDB: '*', GOFLAGS: '-mod=mod', GOWORK: 'off' };
  const build = run('go', ['list', '-m', 'example.com/none@v1.0.0'], { what: 'build of none', env, cwd: '/' });
  await expect(build).rejects.toThrow(/build of none failed[\s\S]*127\.0\.0\.1:1/);
});
