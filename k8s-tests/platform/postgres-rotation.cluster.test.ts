/** New passwords of the running system's databases cost no request. */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { check, hasStatus, succeeded } from '../harness/check.ts';
import { send } from '../harness/http.ts';
import { kubectl } from '../harness/kubectl.ts';
import { Load } from '../harness/load.ts';
import { namespaceOf, services } from '../harness/names.ts';
import { orderRequest, readPlaced } from '../harness/order.ts';
import { oneLike, support } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { optionsOf, outcomeOf, roles } from './postgres/roles.ts';

const { cluster } = useCluster();

it('make rotate gives every role a new password, and no order, read or log line notices', async () => {
  const before = new Map<string, unknown>();
  for (const { role } of roles) before.set(role, (await optionsOf(cluster, role)).password);
  const since = new Date().toISOString();
  const orders = new Load({ ratePerSecond: 2, call: () => orderRequest(cluster.ingressUrl), check: succeeded });
  const placedBefore = readPlaced(check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201)));
  const reads = new Load({
    ratePerSecond: 2,
    call: () => ({ as: oneLike(support), url: `${cluster.ingressUrl}/v1/orders/${placedBefore.orderId}` }),
    check: hasStatus(200),
  });
  const rotated = await execa('npm', ['run', '--silent', 'cluster', '--', 'rotate'], {
    cwd: root,
    all: true,
    reject: false,
  });
  // Longer than a pool keeps a connection that nobody uses: it opens others with the new password.
  await sleep(12_000);
  const [placed, read] = [await orders.stop(), await reads.stop()];
  expect(rotated.exitCode, rotated.all).toBe(0);
  expect({ orders: placed.failures, reads: read.failures }).toEqual({ orders: [], reads: [] });
  expect(placed.sent).toBeGreaterThan(5);
  for (const { role } of roles) {
    const options = await optionsOf(cluster, role);
    expect(options.password, role).not.toBe(before.get(role));
    expect([role, await outcomeOf(options)]).toEqual([role, 'ok']);
    expect([role, await outcomeOf({ ...options, password: String(before.get(role)) })]).toEqual([role, '28P01']);
  }
  for (const name of services) {
    const log = await kubectl('-n', namespaceOf(name), 'logs', `deploy/${name}`, '-c', name, `--since-time=${since}`);
    const severe = log.split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line));
    expect(
      severe.filter((line) => /password|28P01|database/i.test(line)),
      name,
    ).toEqual([]);
    expect(log).not.toMatch(/"level":"(error|fatal)"/);
  }
}, 400_000);
