import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkFree, checkPorts, choosePorts } from './ports.ts';
import { readSettings } from './settings.ts';

const settings = readSettings({});
const other = createServer();
let taken = 0;
beforeAll(async () => {
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  taken = (other.address() as AddressInfo).port;
});
afterAll(() => other.close());

test('a requested port that is in use is an error that names it', async () => {
  await expect(choosePorts({ ...settings, ingressPort: taken })).rejects.toThrow(
    `INGRESS_PORT=${taken}: port ${taken}`,
  );
});

test('without a requested port different free ports are found', async () => {
  const ports = Object.values(await choosePorts(settings));
  expect(new Set(ports).size).toBe(3);
  for (const port of ports) expect(port).toBeGreaterThanOrEqual(1024);
});

test('a port that differs from that of the running cluster is rejected, not ignored', () => {
  const running = { ingress: 8080, ingressTls: 8443, jaeger: 16686 };
  const check = (asked: object) => () => checkPorts({ ...settings, ...asked }, running);
  expect(check({ ingressPort: 9000 })).toThrow('INGRESS_PORT=9000');
  expect(check({ ingressTlsPort: 9000 })).toThrow('INGRESS_TLS_PORT=9000');
  expect(check({ ingressPort: 8080, ingressTlsPort: 8443 })).not.toThrow();
});

test('a stopped cluster whose port is in use by now is an error that names the port', async () => {
  const ports = await choosePorts(settings);
  await expect(checkFree({ ...ports, jaeger: taken })).rejects.toThrow(`has port ${taken} of 127.0.0.1, in use`);
  await expect(checkFree(ports)).resolves.toBeUndefined();
});
