import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./relay-program.ts', import.meta.url));

export interface RelayProcess {
  /** Starts or pauses the relay, after the batch in hand. */
  set(wanted: 'relay' | 'pause'): Promise<void>;
  /** SIGKILL, wherever it is. */
  kill(): Promise<void>;
}

/** An outbox relay in a process of its own, connected but still paused. */
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
