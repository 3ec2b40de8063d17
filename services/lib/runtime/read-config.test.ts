import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from './read-config.ts';
import {
  commonVariables,
  databaseFiles,
  databaseFileVariables,
  grpcAddress,
  httpUrl,
  kafkaBrokers,
  tlsVariables,
} from './variables.ts';

const shape = { ...commonVariables, ...databaseFileVariables, INVENTORY_ADDRESS: grpcAddress };

test('every missing or wrong variable is named at once, with its value', () => {
  const read = () => readConfig(shape, { FAULTS: 'yes', ADMIN_PORT: '99999', DATABASE_URL_FILE: '' });
  expect(read).toThrow(/FAULTS is "yes", but must be on or off/);
  expect(read).toThrow(/ADMIN_PORT is "99999", but must be a port/);
  expect(read).toThrow(/DATABASE_URL_FILE is missing/);
  expect(read).toThrow(/INVENTORY_ADDRESS is missing/);
});

test('the files of a database are named, and what is in them is not shown', () => {
  const folder = mkdtempSync(join(tmpdir(), 'windlass-config-'));
  const file = join(folder, 'url');
  writeFileSync(file, 'mysql://u:hunter2@h/db');
  const read = () => readConfig(databaseFileVariables, { DATABASE_URL_FILE: file, DATABASE_CA_FILE: '/nowhere' });
  expect(read).toThrow(/DATABASE_URL_FILE is "[^"]*url", but must be a file with a postgres:\/\/ URL/);
  expect(read).toThrow(/DATABASE_CA_FILE is "\/nowhere", but must be a PEM file that can be read/);
  expect(read).not.toThrow(/hunter2/);
  writeFileSync(file, 'postgres://u:hunter2@h/db');
  expect(databaseFiles(readConfig(databaseFileVariables, { DATABASE_URL_FILE: file }))).toEqual({ urlFile: file });
  rmSync(folder, { recursive: true });
});

test('every common variable has its documented default', () => {
  expect(readConfig(commonVariables, {})).toEqual({
    HOST: '0.0.0.0',
    HTTP_PORT: 8080,
    HTTPS_PORT: 8443,
    GRPC_PORT: 50051,
    METRICS_PORT: 9464,
    ADMIN_PORT: 9901,
    FAULTS: 'off',
    LOG_LEVEL: 'info',
  });
});

test('brokers are a list separated by commas', () => {
  const read = (value: string) => readConfig({ KAFKA_BROKERS: kafkaBrokers }, { KAFKA_BROKERS: value });
  expect(read('a:9092, b:9092').KAFKA_BROKERS).toEqual(['a:9092', 'b:9092']);
  expect(() => read('a')).toThrow(/KAFKA_BROKERS is "a", but must be host:port/);
});

test('the port of an address is at most 65535', () => {
  const read = (value: string) => readConfig({ INVENTORY_ADDRESS: grpcAddress }, { INVENTORY_ADDRESS: value });
  expect(read('inventory:65535').INVENTORY_ADDRESS).toBe('inventory:65535');
  expect(() => read('inventory:65536')).toThrow(/INVENTORY_ADDRESS is "inventory:65536", but must be host:port/);
});

test.each(['v1', '?a=1', '#a', 'v1/'])('a URL with %j, which its client would drop, is rejected', (path) => {
  const read = (value: string) => readConfig({ ACQUIRER_URL: httpUrl }, { ACQUIRER_URL: value });
  expect(read('https://acquirer.example/').ACQUIRER_URL).toBe('https://acquirer.example/');
  expect(read('http://acquirer.example:8080').ACQUIRER_URL).toBe('http://acquirer.example:8080');
  expect(() => read(`https://acquirer.example/${path}`)).toThrow(
    /must be an http:\/\/ or https:\/\/ URL without a path/,
  );
});

test.each(['nonsense', 'http://', 'ftp://acquirer.example/v1'])('the URL %j is rejected with one line', (value) => {
  expect(() => readConfig({ ACQUIRER_URL: httpUrl }, { ACQUIRER_URL: value })).toThrow(
    /^The environment is not usable:\n {2}ACQUIRER_URL is "[^\n]*$/,
  );
});

test('certificate and key are read from their files; a file that is not PEM or cannot be read is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'windlass-config-'));
  const pem = join(folder, 'tls.crt');
  writeFileSync(pem, '-----BEGIN CERTIFICATE-----\n');
  expect(readConfig(tlsVariables, { TLS_CERT_FILE: pem, TLS_KEY_FILE: pem }).TLS_CERT_FILE).toContain('CERTIFICATE');
  const read = () =>
    readConfig(tlsVariables, { TLS_CERT_FILE: import.meta.filename, TLS_KEY_FILE: '/nowhere/tls.key' });
  expect(read).toThrow(/TLS_CERT_FILE is "[^"]*", but must be a PEM file that can be read/);
  expect(read).toThrow(/TLS_KEY_FILE is "\/nowhere\/tls.key", but must be a PEM file that can be read/);
  rmSync(folder, { recursive: true });
});
