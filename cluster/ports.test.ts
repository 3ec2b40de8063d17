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

test('without a requested port two different free ports are found', async () => {
  const { ingress, jaeger } = await choosePorts(settings);
  expect(ingress).not.toBe(jaeger);
  for (const port of [ingress, jaeger]) expect(port).toBeGreaterThanOrEqual(1024);
});

test('a port that differs from that of the running cluster is rejected, not ignored', () => {
  const running = { ingress: 8080, jaeger: 16686 };
  expect(() => checkPorts({ ...settings, ingressPort: 9000 }, running)).toThrow('INGRESS_PORT=9000');
  expect(() => checkPorts({ ...settings, ingressPort: 8080 }, running)).not.toThrow();
});

test('a stopped cluster whose port is in use by now is an error that names the port', async () => {
  const { ingress } = await choosePorts(settings);
  await expect(checkFree({ ingress, jaeger: taken })).rejects.toThrow(`has port ${taken} of 127.0.0.1, in use`);
  await expect(checkFree({ ingress, jaeger: ingress })).resolves.toBeUndefined();
});
