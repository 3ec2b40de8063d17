import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./relay-program.ts', import.meta.url));

export interface RelayProcess {
  /** Starts the relay, or pauses it after the current batch. */
  set(wanted: 'relay' | 'pause'): Promise<void>;
  /** Sends SIGKILL at any point of its work. */
  kill(): Promise<void>;
}

/** An outbox relay in its own process, connected but paused. */
export async function startRelayProcess(databaseUrl: string, broker: string): Promise<RelayProcess> {
  const child = fork(program, [databaseUrl, broker]);
  await once(child, 'message');
  return {
    async set(wanted) {
      const isSet = once(child, 'message');
      child.send(wanted);
      await isSet;
    },
    async kill() {
      const hasEnded = once(child, 'exit');
      child.kill('SIGKILL');
      await hasEnded;
    },
  };
}
