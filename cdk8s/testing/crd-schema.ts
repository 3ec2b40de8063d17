import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ErrorObject, type Schema } from 'ajv';
import { parseAllDocuments } from 'yaml';

interface StructuralSchema {
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly [keyword: string]: unknown;
}

interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: StructuralSchema };
    }[];
  };
}

/** What the schema finds wrong with an object; nothing where it is valid. */
export type SchemaCheck = (manifest: unknown) => readonly ErrorObject[];

/**
 * Reads the CRDs of a folder into checks, by `<group>/<version> <kind>`. They do what the API server does with a strict
 * client, without the CEL rules: `x-kubernetes-validations` are not looked at, fields that the schema does not know are
 * errors.
 */
export function readCrdChecks(folder: string): ReadonlyMap<string, SchemaCheck> {
  const ajv = new Ajv({ strict: false, allErrors: true });
  const crds = readdirSync(folder)
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')))
    .map((document) => document.toJS() as CustomResourceDefinition);
  return new Map(
    crds.flatMap(({ spec: { group, names, versions } }) =>
      versions.map(({ name, schema }): [string, SchemaCheck] => {
        const validate = ajv.compile(toObjectSchema(schema.openAPIV3Schema));
        return [`${group}/${name} ${names.kind}`, (manifest) => (validate(manifest) ? [] : (validate.errors ?? []))];
      }),
    ),
  );
}

/** Of an object as a whole, Kubernetes knows what a CRD need not say. */
function toObjectSchema(schema: StructuralSchema): Schema {
  const properties = {
    ...schema.properties,
    metadata: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  };
  return close({ ...schema, properties });
}

function close(schema: StructuralSchema): StructuralSchema {
  if (schema['x-kubernetes-int-or-string']) return { type: ['integer', 'string'] };
  const { properties, items, additionalProperties } = schema;
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, close(property)])),
      ...(!isOpen && { additionalProperties: false }),
    }),
    ...(items && { items: close(items) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: close(additionalProperties) }),
  };
}
