/** Who reaches which database of the running system, with which rights, and that new passwords cost no request. */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Client, type ClientConfig } from 'pg';
import { describe, expect, it } from 'vitest';
import { migratorOf } from '../../cdk8s/model/database.ts';
import { topology } from '../../cdk8s/topology.ts';
import { root } from '../../cluster/paths.ts';
import { check, hasStatus, succeeded } from '../harness/check.ts';
import { clientOptions } from '../harness/database.ts';
import { send } from '../harness/http.ts';
import { kubectl, runNode } from '../harness/kubectl.ts';
import { Load } from '../harness/load.ts';
import { namespaceOf, services } from '../harness/names.ts';
import { orderRequest, readPlaced } from '../harness/order.ts';
import { customer } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster } = useCluster();

const databases = [...new Set(Object.values(topology.services).map(({ database }) => database))];
const namespaceOfDatabase = (database: string) =>
  Object.values(topology.services).find((service) => service.database === database)?.namespace ?? '';
const roles = databases.flatMap((database) =>
  [database, migratorOf(database)].map((role) => ({ role, database, namespace: namespaceOfDatabase(database) })),
);
const optionsOf = (role: string): Promise<ClientConfig> => {
  const found = roles.find((one) => one.role === role);
  return clientOptions(cluster, { name: role, namespace: found?.namespace ?? '' });
};

/** The outcome of a connection, or of a statement on it: `ok`, or Postgres' SQLSTATE. */
async function outcomeOf(options: ClientConfig, sql = 'SELECT 1'): Promise<string> {
  const client = new Client(options);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`BEGIN; ${sql}; ROLLBACK`);
    return 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).message;
  } finally {
    await client.end().catch(() => undefined);
  }
}

describe('every role', () => {
  it('reaches its own database and no other', async () => {
    const found: string[] = [];
    const expected: string[] = [];
    for (const { role, database: own } of roles) {
      const options = await optionsOf(role);
      for (const database of [...databases, 'postgres']) {
        found.push(`${role} -> ${database}: ${await outcomeOf({ ...options, database })}`);
        expected.push(`${role} -> ${database}: ${database === own ? 'ok' : '28000'}`);
      }
    }
    expect(found).toEqual(expected);
  });

  it('is rejected without TLS and with a wrong password', async () => {
    for (const { role } of roles) {
      const options = await optionsOf(role);
      expect([role, await outcomeOf({ ...options, ssl: false })]).toEqual([role, '28000']);
      expect([role, await outcomeOf({ ...options, password: 'wrong' })]).toEqual([role, '28P01']);
    }
  });
});

it('a service may change rows, and only its migrator the schema', async () => {
  for (const database of databases) {
    const [service, migrator] = [await optionsOf(database), await optionsOf(migratorOf(database))];
    const { rows } = await query<{ name: string }>(
      service,
      'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1',
      ['public'],
    );
    expect(rows.length, database).toBeGreaterThan(0);
    for (const { name } of rows.filter((row) => !/migrations$/.test(row.name)))
      expect([name, await outcomeOf(service, `DELETE FROM ${name}`)]).not.toEqual([name, '42501']);
    for (const ddl of ['CREATE TABLE intruder ()', 'CREATE SCHEMA intruder', `DROP TABLE migrations`]) {
      expect([database, ddl, await outcomeOf(service, ddl)]).toEqual([database, ddl, '42501']);
      expect([database, ddl, await outcomeOf(migrator, ddl)]).toEqual([database, ddl, 'ok']);
    }
    expect([database, await outcomeOf(service, 'DELETE FROM migrations')]).toEqual([database, '42501']);
  }
});

it('a role that is at its limit gets no further connection, and no other role notices', async () => {
  const options = await optionsOf('notifications');
  const clients: Client[] = [];
  const open = async () => {
    const client = new Client(options);
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
  };
  try {
    const refused = await (async () => {
      for (;;) await open();
    })().catch((error: { code: string }) => error.code);
    expect(refused).toBe('53300');
    expect(clients.length).toBeLessThanOrEqual(25);
    for (const { role } of roles.filter(({ database }) => database !== 'notifications'))
      expect([role, await outcomeOf(await optionsOf(role))]).toEqual([role, 'ok']);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
});

it('200 connections without a password cost no order', async () => {
  const load = new Load({ ratePerSecond: 2, call: () => orderRequest(cluster.ingressUrl), check: succeeded });
  // They are opened again as Postgres ends them, for longer than it lets one wait.
  const script = `
    const { connect } = require('node:net');
    const until = Date.now() + 15_000;
    let opened = 0;
    const open = () => {
      if (Date.now() > until) return;
      const socket = connect(5432, 'postgres.postgres', () => { opened++; });
      socket.on('error', () => {}).on('close', () => setTimeout(open, 50)).resume();
    };
    for (let n = 0; n < 200; n++) open();
    setTimeout(() => { console.log(opened); process.exit(); }, 15_500);
  `;
  const opened = Number(await runNode('shop', 'payments', script));
  const { failures } = await load.stop();
  expect(opened).toBeGreaterThanOrEqual(200);
  expect(failures).toEqual([]);
}, 60_000);

it('no container has a password in its environment, and only init containers have that of a migrator', async () => {
  for (const namespace of new Set(services.map(namespaceOf))) {
    const { items } = await cluster.core.listNamespacedPod({
      namespace,
      labelSelector: `app in (${services.join(',')})`,
    });
    expect(items.length).toBeGreaterThan(0);
    for (const { metadata, spec } of items) {
      const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
      const variables = all.flatMap(({ env = [] }) => env);
      const secrets = variables.filter(
        ({ value, valueFrom }) => valueFrom?.secretKeyRef || value?.includes('postgres://'),
      );
      expect(secrets, metadata?.name ?? '').toEqual([]);
      const ofMigrator = (spec?.volumes ?? []).filter(({ secret }) => secret?.secretName?.endsWith('-migrator'));
      const mounted = (spec?.containers ?? []).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
      expect(ofMigrator).toHaveLength(1);
      expect(mounted).not.toContain(ofMigrator[0]?.name);
    }
  }
});

it('make rotate gives every role a new password, and no order, read or log line notices', async () => {
  const before = new Map<string, unknown>();
  for (const { role } of roles) before.set(role, (await optionsOf(role)).password);
  const since = new Date().toISOString();
  const orders = new Load({ ratePerSecond: 2, call: () => orderRequest(cluster.ingressUrl), check: succeeded });
  const placedBefore = readPlaced(check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201)));
  const reads = new Load({
    ratePerSecond: 2,
    call: () => ({ as: customer, url: `${cluster.ingressUrl}/v1/orders/${placedBefore.orderId}` }),
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
    const options = await optionsOf(role);
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

async function query<Row extends object>(options: ClientConfig, sql: string, values: unknown[]) {
  const client = new Client(options);
  await client.connect();
  return await client.query<Row>(sql, values).finally(() => client.end());
}
