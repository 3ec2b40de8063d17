import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

/** The part of JSON Schema that is used here. */
export interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

const numbers: readonly ScalarType[] = [
  ScalarType.INT32,
  ScalarType.SINT32,
  ScalarType.SFIXED32,
  ScalarType.UINT32,
  ScalarType.FIXED32,
  ScalarType.FLOAT,
  ScalarType.DOUBLE,
];

/** A message as protobuf's JSON mapping writes it: 64-bit numbers are strings, enums names, timestamps RFC 3339. */
export function toPayloadSchema(message: DescMessage): JsonSchema {
  if (message.typeName === 'google.protobuf.Timestamp') return { type: 'string', format: 'date-time' };
  return {
    type: 'object',
    properties: Object.fromEntries(message.fields.map((field) => [field.jsonName, toFieldSchema(field)])),
  };
}

function toFieldSchema(field: DescField): JsonSchema {
  if (field.fieldKind === 'map') throw new Error(`${field.name} is a map, which events cannot have yet`);
  if (field.fieldKind === 'list') return { type: 'array', items: toValueSchema(field) };
  return toValueSchema(field);
}

function toValueSchema({ scalar, enum: choices, message }: Pick<DescField, 'scalar' | 'enum' | 'message'>): JsonSchema {
  if (message) return toPayloadSchema(message);
  if (choices) return { type: 'string', enum: choices.values.map(({ name }) => name) };
  if (scalar === ScalarType.BOOL) return { type: 'boolean' };
  return { type: scalar !== undefined && numbers.includes(scalar) ? 'number' : 'string' };
}
