import { expect, test } from 'vitest';
import { chooseCable } from './addresses.ts';

test('a checkout gets the same addresses each time, host and node in one /30', () => {
  const cable = chooseCable('cd4857e2', []);
  expect(chooseCable('cd4857e2', [])).toEqual(cable);
  const last = (ip: string) => Number(ip.split('.')[3]);
  expect(last(cable.nodeIp)).toBe(last(cable.hostIp) + 1);
  expect(last(cable.hostIp) % 4).toBe(1);
});

test('addresses that an interface of this machine has are skipped', () => {
  const first = chooseCable('cd4857e2', []);
  expect(chooseCable('cd4857e2', [first.hostIp]).hostIp).not.toBe(first.hostIp);
});

test('interface names fit the 15 characters that the kernel allows, and differ between checkouts', () => {
  const [one, other] = [chooseCable('00000001', []), chooseCable('ffffffff', [])];
  for (const name of [one.hostEnd, one.nodeEnd, other.hostEnd]) expect(name.length).toBeLessThanOrEqual(15);
  expect(new Set([one.hostEnd, one.nodeEnd, other.hostEnd, other.nodeEnd]).size).toBe(4);
});
