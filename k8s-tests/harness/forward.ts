import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { type KubeConfig, PortForward } from '@kubernetes/client-node';
import type { PodRef } from './names.ts';

/**
 * Ports of pods on this host's loopback, by the API server's port-forward. It enters the pod's own network namespace, so
 * it reaches what no Service and no sidecar lets through: the admin port and Envoy's.
 */
export class Forwards {
  private readonly portForward: PortForward;
  private readonly servers = new Map<string, Promise<Server>>();
  private readonly sockets = new Set<Socket>();

  constructor(config: KubeConfig) {
    this.portForward = new PortForward(config);
  }

  /** A port on 127.0.0.1 whose connections end at the pod's port; the same one each time it is asked for. */
  async open(pod: PodRef, port: number): Promise<number> {
    const key = `${pod.namespace}/${pod.name}:${port}`;
    const listening = this.servers.get(key) ?? this.listen(pod, port);
    this.servers.set(key, listening);
    return ((await listening).address() as AddressInfo).port;
  }

  close(): void {
    for (const listening of this.servers.values()) void listening.then((server) => server.close());
    for (const socket of this.sockets) socket.destroy();
    this.servers.clear();
  }

  private async listen(pod: PodRef, port: number): Promise<Server> {
    const server = createServer((socket) => void this.connect(socket, pod, port));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  private async connect(socket: Socket, pod: PodRef, port: number): Promise<void> {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const errors = new PassThrough().on('data', (reason) => report(pod, port, String(reason)));
    try {
      const webSocket = await this.portForward.portForward(pod.namespace, pod.name, [port], socket, errors, socket);
      if (typeof webSocket === 'function') return;
      webSocket.onclose = () => socket.destroy();
      webSocket.onerror = () => socket.destroy();
      socket.on('close', () => webSocket.close());
    } catch (error) {
      // Only its message: the event that the client rejects with holds the kubeconfig's private key.
      report(pod, port, error instanceof Object && 'message' in error ? String(error.message) : 'unknown error');
      socket.destroy();
    }
  }
}

/** The caller only sees its connection end; this is why. The error channel opens with an empty message. */
function report(pod: PodRef, port: number, reason: string): void {
  if (reason !== '') console.error(`port-forward to ${pod.namespace}/${pod.name}:${port}: ${reason.trimEnd()}`);
}
