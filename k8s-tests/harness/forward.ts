import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { type KubeConfig, PortForward } from '@kubernetes/client-node';
import type { PodRef } from './names.ts';

/**
 * Forwards ports of pods to this host's loopback through the API server. A port-forward enters the pod's network
 * namespace, so it reaches ports that no Service and no sidecar exposes: the service's admin port and Envoy's.
 */
export class Forwards {
  private readonly portForward: PortForward;
  private readonly servers = new Map<string, Promise<Server>>();
  private readonly sockets = new Set<Socket>();

  constructor(config: KubeConfig) {
    this.portForward = new PortForward(config);
  }

  /** Returns a port on 127.0.0.1 that leads to the pod's port. Further calls return the same one. */
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
      // Only the message, because the client's error event contains the private key of the kubeconfig.
      report(pod, port, error instanceof Object && 'message' in error ? String(error.message) : 'unknown error');
      socket.destroy();
    }
  }
}

/**
 * Prints why the connection ended, because the caller sees only its end. The error channel opens with an empty message.
 */
function report(pod: PodRef, port: number, reason: string): void {
  if (reason !== '') console.error(`port-forward to ${pod.namespace}/${pod.name}:${port}: ${reason.trimEnd()}`);
}
