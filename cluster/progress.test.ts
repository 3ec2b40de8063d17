import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { showProgress } from './progress.ts';

/** Progress that is not shown on a terminal, and the lines that it has written. */
function capture(total: number) {
  const stream = new PassThrough();
  const out = Object.assign(stream, { isTTY: false }) as unknown as NodeJS.WriteStream;
  const lines = () =>
    stripVTControlCharacters(String(stream.read() ?? ''))
      .split('\n')
      .slice(0, -1);
  return { progress: showProgress(total, out), lines };
}

test('without a terminal a step is one line when it begins and one with its time when it ends', async () => {
  const { progress, lines } = capture(2);
  expect(await progress.step('cluster', async () => 'result')).toBe('result');
  await progress.step('platform', async () => {});
  expect(lines()).toEqual([
    '❯ [1/2] cluster',
    expect.stringMatching(/^✔ \[1\/2\] cluster {2}\d+\.\d s, \d+\.\d s in all$/),
    '❯ [2/2] platform',
    expect.stringMatching(/^✔ \[2\/2\] platform {2}\d+\.\d s, \d+\.\d s in all$/),
  ]);
});

test('without a terminal each part is one line when it begins and one with its time when it is done', async () => {
  const { progress, lines } = capture(1);
  await progress.step('prepare', async () => {
    progress.note('not for a file');
    await progress.part('build of etcd', async () => progress.note('etcd: compiling'));
    await Promise.all(['a', 'b'].map((image) => progress.part(`pull of ${image}`, () => Promise.resolve(image))));
  });
  const [, ...parts] = lines().slice(0, -1);
  expect(parts).toEqual([
    '› build of etcd …',
    expect.stringMatching(/^› build of etcd {2}\d+\.\d s$/),
    '› pull of a …',
    '› pull of b …',
    expect.stringMatching(/^› pull of a {2}\d+\.\d s$/),
    expect.stringMatching(/^› pull of b {2}\d+\.\d s$/),
  ]);
});

test('a failure marks its part and its step, with the first line of the error, and the caller gets all of it', async () => {
  const { progress, lines } = capture(1);
  const error = new Error('build of istio failed (exit code 1):\n  no space left on device');
  const failing = progress.step('prepare', () => progress.part('build of istio', () => Promise.reject(error)));
  await expect(failing).rejects.toBe(error);
  expect(lines()).toEqual([
    '❯ [1/1] prepare',
    '› build of istio …',
    expect.stringMatching(/^› build of istio failed after \d+\.\d s$/),
    expect.stringMatching(/^✖ \[1\/1\] prepare .* \[FAILED: build of istio failed \(exit code 1\):\]$/),
  ]);
});
