import { connect, type Socket } from 'node:net';

const head = ['POST /v1/orders HTTP/1.1', 'Host: shop', 'Content-Type: application/json', 'Content-Length: 1000'];
const byteEveryMs = 2_000;

/** Connections that each send an order one byte at a time. */
export class SlowClients {
  /** The answers so far, as text. */
  readonly answers: string[] = [];
  private readonly sockets: readonly Socket[];
  private readonly drip: NodeJS.Timeout;

  constructor(ingressUrl: string, count: number) {
    const { port, hostname } = new URL(ingressUrl);
    this.sockets = Array.from({ length: count }, (_, index) => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined).on('data', (data) => this.answers.push(String(data)));
      socket.write([...head, `Idempotency-Key: slow-${index}`, '', '{'].join('\r\n'));
      return socket;
    });
    this.drip = setInterval(() => {
      for (const socket of this.sockets) if (socket.writable) socket.write(' ');
    }, byteEveryMs);
  }

  stop(): void {
    clearInterval(this.drip);
    for (const socket of this.sockets) socket.destroy();
  }
}
