import { afterEach, expect, test, vi } from 'vitest';
import { silent } from '../progress.ts';
import { ensurePrerequisites } from './prerequisites.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test('without root the error says so and suggests kind', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  await expect(ensurePrerequisites(silent)).rejects.toThrow(/needs root.*CLUSTER=kind/);
});

test('on a system other than Linux the error says so and suggests kind', async () => {
  vi.stubGlobal('process', { ...process, platform: 'darwin', arch: 'arm64', getuid: () => 0 });
  await expect(ensurePrerequisites(silent)).rejects.toThrow(/needs Linux on x86-64, this is darwin.*CLUSTER=kind/);
});
