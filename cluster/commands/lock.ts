import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { stateFolder } from '../paths.ts';
import { UserError } from '../settings.ts';

const lockfilePath = join(dirname(stateFolder), '.windlass.lock');

/**
 * Runs one command at a time that changes this checkout's cluster. The lock of a killed command expires after 10 s.
 * @throws UserError if another command holds the lock
 */
export async function exclusively(work: () => Promise<void>): Promise<void> {
  const release = await lock(stateFolder, { lockfilePath, realpath: false }).catch(
    (error: Error & { code?: string }) => {
      if (error.code !== 'ELOCKED') throw error;
      throw new UserError(
        'another make up, down or test of this checkout is running (or was killed less than 10 s ago)',
      );
    },
  );
  // The library's own exit hook is lost once execa, which has a newer version of the same hook, has run a program.
  const removeLock = () => rmSync(lockfilePath, { recursive: true, force: true });
  process.once('exit', removeLock);
  try {
    await work();
  } finally {
    await release();
    process.off('exit', removeLock);
  }
}
