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
  await expect(choosePorts({ ...settings, ports: { ...settings.ports, ingress: taken } })).rejects.toThrow(
    `INGRESS_PORT=${taken}: port ${taken}`,
  );
});

test('without requested ports different free ones are found', async () => {
  const ports = Object.values(await choosePorts(settings));
  expect(new Set(ports).size).toBe(4);
  for (const port of ports) expect(port).toBeGreaterThanOrEqual(1024);
});

test('a port that differs from that of the running cluster is rejected, not ignored', () => {
  const running = { ingress: 8080, ingressTls: 8443, jaeger: 16686, prometheus: 9090 };
  const wanting = (ingress: number) => ({ ...settings, ports: { ...settings.ports, ingress } });
  expect(() => checkPorts(wanting(9000), running)).toThrow('INGRESS_PORT=9000');
  expect(() => checkPorts(wanting(8080), running)).not.toThrow();
});

test('a stopped cluster whose port is in use by now is an error that names the port', async () => {
  const ports = await choosePorts(settings);
  await expect(checkFree({ ...ports, jaeger: taken })).rejects.toThrow(`has port ${taken} of 127.0.0.1, in use`);
  await expect(checkFree(ports)).resolves.toBeUndefined();
});
