import { afterEach, expect, test, vi } from 'vitest';
import { silent } from '../progress.ts';
import { ensurePrerequisites } from './prerequisites.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test('without root it says so and names kind as the way', async () => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  await expect(ensurePrerequisites(silent)).rejects.toThrow(/needs root.*CLUSTER=kind/);
});

test('on another system than Linux it says so and names kind as the way', async () => {
  vi.stubGlobal('process', { ...process, platform: 'darwin', arch: 'arm64', getuid: () => 0 });
  await expect(ensurePrerequisites(silent)).rejects.toThrow(/needs Linux on x86-64, this is darwin.*CLUSTER=kind/);
});
