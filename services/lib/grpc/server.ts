import type {
  DescMessage,
  DescMethodUnary,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { create, fromBinary } from '@bufbuild/protobuf';
import { type handleUnaryCall, Server, ServerCredentials, status as Status } from '@grpc/grpc-js';
import type { FaultInjection } from '../faults/fault-injection.ts';
import type { Listening } from '../http/listen.ts';
import { acceptRequestId, requestIdHeader, withRequestId } from '../http/request-id.ts';
import type { Log } from '../observability/log.ts';
import { DomainError } from '../runtime/domain-error.ts';
import { invalid } from '../runtime/validate.ts';
import { defineMethods } from './definition.ts';
import { toGrpcStatus } from './grpc-status.ts';

/** One handler per method of the contract. Handlers throw DomainErrors, which become statuses. */
export type Handlers<Service extends DescService> = {
  [Method in keyof Service['method']]: Service['method'][Method] extends DescMethodUnary<infer Input, infer Output>
    ? (request: MessageShape<Input>) => Promise<MessageInitShape<Output>>
    : never;
};

/**
 * Serves one contract on host:port; port 0 selects a free port. A handler runs to completion even if its caller has
 * disconnected or the deadline has passed: its result is recorded under the idempotency key, and the next attempt finds
 * it there.
 */
export async function serveGrpc<Service extends DescService>(
  service: Service,
  handlers: Handlers<Service>,
  options: { host: string; port: number; faults: FaultInjection; log: Log },
): Promise<Listening> {
  const server = new Server();
  const methods = Object.fromEntries(
    Object.entries(defineMethods(service)).map(([name, method]) => [name, { ...method, requestDeserialize: asItIs }]),
  );
  const implementation = Object.fromEntries(
    service.methods.map((method) => {
      const handle = handlers[method.localName as keyof Handlers<Service>] as unknown as UnaryHandler;
      const path = methods[method.localName]?.path ?? '';
      return [
        method.localName,
        adapt(path, async (bytes) => create(method.output, await handle(decode(method.input, bytes))), options),
      ];
    }),
  );
  server.addService(methods, implementation);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${options.host}:${options.port}`, ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
  return {
    port: bound,
    drain: () => new Promise((resolve, reject) => server.tryShutdown((error) => (error ? reject(error) : resolve()))),
  };
}

type UnaryHandler = (request: Message) => Promise<Message>;

/** grpc-js would answer bytes that it cannot decode with INTERNAL, which breakers count. */
const asItIs = (bytes: Buffer) => bytes;

/** @throws DomainError `invalid` if the bytes are not this message */
function decode(schema: DescMessage, bytes: Buffer): Message {
  try {
    return fromBinary(schema, bytes);
  } catch {
    throw invalid('request', [{ field: 'request', message: `must be a ${schema.typeName} in protobuf` }]);
  }
}

function adapt(
  path: string,
  handle: (request: Buffer) => Promise<Message>,
  { faults, log }: { faults: FaultInjection; log: Log },
): handleUnaryCall<Buffer, Message> {
  return (call, callback) => {
    const requestId = acceptRequestId(call.metadata.get(requestIdHeader)[0]?.toString());
    const work = async () => {
      const failure = await faults.admit(path, requestId);
      const injected = failure && { code: Status[failure.status as keyof typeof Status], details: 'injected fault' };
      if (injected && !failure.carriedOut) return callback(injected);
      try {
        const answer = await handle(call.request);
        if (injected) callback(injected);
        else callback(null, answer);
      } catch (thrown) {
        const error = DomainError.from(thrown);
        log[error.code === 'internal' ? 'error' : 'info']({ err: error.cause, code: error.code, path }, error.message);
        callback(toGrpcStatus(error));
      }
    };
    void withRequestId(requestId, work);
  };
}
