import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeConfig, Watch } from '@kubernetes/client-node';
import type { Logger } from 'pino';

const RECONNECT_MS = 1_000;

/**
 * The server ends a watch after this time, so that a connection that was lost unnoticed does not block the watch
 * forever.
 */
const SERVER_TIMEOUT_SECONDS = 300;

/**
 * Calls `onChange` for every change below an API path, and once after each (re)connect, because changes may have been
 * missed. Runs until the signal aborts.
 * @param labelSelector which objects. @default all
 */
export async function watchPath(
  config: KubeConfig,
  path: string,
  onChange: () => void,
  log: Logger,
  signal: AbortSignal,
  labelSelector?: string,
): Promise<void> {
  const watch = new Watch(config);
  while (!signal.aborted) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    try {
      const query = { timeoutSeconds: SERVER_TIMEOUT_SECONDS, ...(labelSelector && { labelSelector }) };
      const controller = await watch.watch(path, query, onChange, resolve);
      const stop = (): void => controller.abort();
      signal.addEventListener('abort', stop, { once: true });
      onChange();
      await promise;
      signal.removeEventListener('abort', stop);
    } catch (error) {
      log.warn({ path, err: error }, 'watch failed; reconnecting');
    }
    if (!signal.aborted) await sleep(RECONNECT_MS);
  }
}
