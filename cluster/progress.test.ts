import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { showProgress } from './progress.ts';

function capture(): { out: NodeJS.WriteStream; text: () => string } {
  const stream = new PassThrough();
  const out = Object.assign(stream, { isTTY: false }) as unknown as NodeJS.WriteStream;
  return { out, text: () => String(stream.read() ?? '') };
}

test('without a terminal each step is two plain lines: it begins, it has ended after so long', async () => {
  const { out, text } = capture();
  const progress = showProgress(2, out);
  await progress.step('cluster', async () => progress.note('not for a file'));
  expect(text()).toMatch(/^… \[1\/2\] cluster\n✔ \[1\/2\] cluster {2}\d+\.\d s, \d+\.\d s in all\n$/);
});

test('a step that fails is marked so and its error goes on', async () => {
  const { out, text } = capture();
  const failing = showProgress(1, out).step('cluster', () => Promise.reject(new Error('disk full')));
  await expect(failing).rejects.toThrow('disk full');
  expect(text()).toContain('✘ [1/1] cluster');
});
