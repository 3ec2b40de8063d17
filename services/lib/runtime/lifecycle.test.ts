import { expect, test } from 'vitest';
import { silentLog } from '../observability/log.ts';
import { Lifecycle, shutdownPhases } from './lifecycle.ts';

test('a service stops in order: unready, drain, consumers, producer, pool, admin, traces', async () => {
  const lifecycle = new Lifecycle(silentLog);
  lifecycle.markReady();
  const stopped: string[] = [];
  for (const phase of shutdownPhases.toReversed()) {
    lifecycle.onShutdown(phase, async () => {
      await Promise.resolve();
      stopped.push(`${phase} ${lifecycle.ready}`);
    });
  }
  await lifecycle.shutdown();
  expect(stopped).toEqual(shutdownPhases.map((phase) => `${phase} false`));
});

test('a step that fails does not keep the later ones from running', async () => {
  const lifecycle = new Lifecycle(silentLog);
  const stopped: string[] = [];
  lifecycle.onShutdown('drain', () => Promise.reject(new Error('stuck')));
  lifecycle.onShutdown('traces', () => stopped.push('traces'));
  await lifecycle.shutdown();
  expect(stopped).toEqual(['traces']);
});
