import {
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';

/** A method of a protobuf service in the form that grpc-js needs. Mesh policies and fault rules refer to its `path`. */
export type UnaryDefinition = MethodDefinition<Message, Message>;

/** @throws Error on a streaming method: none of our contracts has one */
export function defineMethods(service: DescService): Record<string, UnaryDefinition> {
  const entries = service.methods.map((method) => {
    if (method.methodKind !== 'unary') throw new Error(`${service.typeName}.${method.name} is not unary.`);
    return [method.localName, defineMethod(service, method)] as const;
  });
  return Object.fromEntries(entries);
}

function defineMethod(service: DescService, method: DescMethod): UnaryDefinition {
  return {
    path: `/${service.typeName}/${method.name}`,
    requestStream: false,
    responseStream: false,
    ...codec('request', method.input),
    ...codec('response', method.output),
  } as UnaryDefinition;
}

function codec(side: 'request' | 'response', schema: DescMessage) {
  return {
    [`${side}Serialize`]: (message: Message) => Buffer.from(toBinary(schema, message)),
    [`${side}Deserialize`]: (bytes: Buffer) => fromBinary(schema, bytes),
  };
}
