import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import { stateFolder } from '../paths.ts';
import { UserError } from '../settings.ts';

const lockfilePath = join(dirname(stateFolder), '.windlass.lock');

/** Commands that change this checkout's cluster exclude each other; the lock of one that was killed is free after 10 s. */
export async function exclusively(work: () => Promise<void>): Promise<void> {
  const release = await lock(stateFolder, { lockfilePath, realpath: false }).catch(
    (error: Error & { code?: string }) => {
      if (error.code !== 'ELOCKED') throw error;
      throw new UserError(
        'another make up, down or test of this checkout is under way (or was killed less than 10 s ago)',
      );
    },
  );
  // The library does this, too, but its hook is lost when execa, with a newer version of the same hook, has run a program.
  const removeLock = () => rmSync(lockfilePath, { recursive: true, force: true });
  process.once('exit', removeLock);
  try {
    await work();
  } finally {
    await release();
    process.off('exit', removeLock);
  }
}
