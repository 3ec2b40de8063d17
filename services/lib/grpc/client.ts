import type { DescMethodUnary, DescService, Message, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { Client, type ClientOptions, credentials, Metadata } from '@grpc/grpc-js';
import { currentRequestId, requestIdHeader } from '../http/request-id.ts';
import { defineMethods, type UnaryDefinition } from './definition.ts';
import { fromGrpcStatus } from './grpc-status.ts';

/**
 * One function per method. Rejects with a DomainError; a failure that might have had an effect is `outcome-unknown`.
 * The signal cancels the call.
 */
export type Calls<Service extends DescService> = {
  [Method in keyof Service['method']]: Service['method'][Method] extends DescMethodUnary<infer Input, infer Output>
    ? (request: MessageInitShape<Input>, signal?: AbortSignal) => Promise<MessageShape<Output>>
    : never;
};

/**
 * The mesh is responsible for resilience, so the client has no retries, deadlines or load balancing. grpc-js still does
 * two things. It sends a call again, at most once, if the server has certainly not processed it (HTTP/2 REFUSED_STREAM,
 * or a stream above the last id of a GOAWAY), so the callee never sees a call twice. It also reconnects to the local
 * sidecar. The back-off is short, because calls fail at once until the connection is back.
 */
const channelOptions = {
  'grpc.enable_retries': 0,
  // A service config in DNS TXT records could enable retries and hedging again.
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
} as const satisfies ClientOptions;

/** @param address host:port; connects on the first call */
export function createGrpcClient<Service extends DescService>(
  service: Service,
  address: string,
): { calls: Calls<Service>; close(): void } {
  const client = new Client(address, credentials.createInsecure(), channelOptions);
  const methods = defineMethods(service);
  const calls = Object.fromEntries(
    service.methods.map((method) => {
      const definition = methods[method.localName] as UnaryDefinition;
      const name = `${service.name}.${method.name}`;
      const invoke = (request: Record<string, unknown>, signal?: AbortSignal) =>
        call(client, name, definition, create(method.input, request), signal);
      return [method.localName, invoke];
    }),
  );
  return { calls: calls as Calls<Service>, close: () => client.close() };
}

function call(
  client: Client,
  name: string,
  method: UnaryDefinition,
  request: Message,
  signal: AbortSignal | undefined,
): Promise<Message> {
  const metadata = new Metadata();
  const requestId = currentRequestId();
  if (requestId !== undefined) metadata.set(requestIdHeader, requestId);
  return new Promise((resolve, reject) => {
    const running = client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      (error, response) => {
        signal?.removeEventListener('abort', cancel);
        if (error) reject(fromGrpcStatus(name, error));
        else if (response) resolve(response);
      },
    );
    const cancel = () => running.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) cancel();
  });
}
