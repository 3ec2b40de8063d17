import { Socket } from 'node:net';

/**
 * A socket for pg that closes if pg cannot parse what it received. pg parses in the listener of `data`, where a
 * malformed message, of a server that is not Postgres or of a broken proxy, would throw and end the process.
 */
export class GuardedSocket extends Socket {
  // biome-ignore lint/suspicious/noExplicitAny: the arguments of an event, as Node declares them
  override emit(event: any, ...args: any[]): boolean {
    try {
      return super.emit(event, ...args);
    } catch (cause) {
      if (event !== 'data') throw cause;
      this.destroy(new Error('The server does not speak the protocol of Postgres.', { cause }));
      return true;
    }
  }
}
