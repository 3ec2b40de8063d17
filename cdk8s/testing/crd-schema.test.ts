import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCrdChecks } from './crd-schema.ts';

const checks = readCrdChecks(join(import.meta.dirname, '../../charts/strimzi/crds'));

function faultsOf(spec: object, rest: object = {}): string[] {
  const check = checks.get('kafka.strimzi.io/v1 KafkaTopic');
  if (!check) throw new Error(`no KafkaTopic among ${[...checks.keys()].join()}`);
  const manifest = { apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaTopic', metadata: { name: 't' }, spec, ...rest };
  return check(manifest).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

test('a valid object has no faults, whatever is in its metadata and in maps that take anything', () => {
  expect(faultsOf({ partitions: 1, replicas: 1, config: { 'min.insync.replicas': 1 } })).toEqual([]);
});

test('a wrong type, a number out of range and an unknown field are faults', () => {
  expect(faultsOf({ partitions: '1', replicas: 0, partition: 1 })).toEqual([
    '/spec must NOT have additional properties',
    '/spec/partitions must be integer',
    '/spec/replicas must be >= 1',
  ]);
  expect(faultsOf({}, { specs: {} })).toEqual([' must NOT have additional properties']);
});
