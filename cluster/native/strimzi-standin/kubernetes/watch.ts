import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeConfig, Watch } from '@kubernetes/client-node';
import type { Logger } from 'pino';

const RECONNECT_MS = 1_000;

/** The server ends a watch after this long, so that one over a connection that died unseen is not waited on for ever. */
const SERVER_TIMEOUT_SECONDS = 300;

/**
 * Calls `onChange` whenever something under an API path changes, and once on every (re)connect, for what was missed.
 * Runs until the signal aborts.
 */
export async function watchPath(
  config: KubeConfig,
  path: string,
  onChange: () => void,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const watch = new Watch(config);
  while (!signal.aborted) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    try {
      const controller = await watch.watch(path, { timeoutSeconds: SERVER_TIMEOUT_SECONDS }, onChange, resolve);
      const stop = (): void => controller.abort();
      signal.addEventListener('abort', stop, { once: true });
      onChange();
      await promise;
      signal.removeEventListener('abort', stop);
    } catch (error) {
      log.warn({ path, err: error }, 'watch failed; connecting again');
    }
    if (!signal.aborted) await sleep(RECONNECT_MS);
  }
}
