import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What a client sends before it goes silent: nothing, or all but its password. */
export type Silence = 'silent' | 'asked for a password';

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Opens connections to a Postgres on this host and leaves them without a password. */
export async function holdConnections(port: number, count: number, kind: Silence, user = 'orders') {
  const sockets = await Promise.all(
    Array.from({ length: count }, () => (kind === 'silent' ? open(port) : askForPassword(port, user))),
  );
  const closed = new Set<Socket>();
  for (const socket of sockets) {
    socket.once('close', () => closed.add(socket));
    socket.resume();
  }
  return {
    open: () => sockets.length - closed.size,
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, 'localhost', () => resolve(socket));
    socket.on('error', reject);
  });
}

/** Speaks TLS, names its role, and does not answer the question for the password. */
async function askForPassword(port: number, user: string): Promise<Socket> {
  const raw = await open(port);
  raw.write(sslRequest);
  await new Promise((resolve) => raw.once('data', resolve));
  return new Promise((resolve, reject) => {
    const socket = connectTls({ socket: raw, rejectUnauthorized: false }, () => {
      const body = Buffer.from(`\0\x03\0\0user\0${user}\0database\0${user}\0\0`, 'latin1');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length + 4);
      socket.write(Buffer.concat([length, body]));
    });
    socket.once('data', () => resolve(socket));
    socket.on('error', reject);
  });
}
