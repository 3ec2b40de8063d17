/** Who reaches which database of the running system, and with which rights. */
import { Client, type ClientConfig } from 'pg';
import { describe, expect, it } from 'vitest';
import { migratorOf } from '../../cdk8s/model/database.ts';
import { succeeded } from '../harness/check.ts';
import { runNode } from '../harness/kubectl.ts';
import { Load } from '../harness/load.ts';
import { namespaceOf, services } from '../harness/names.ts';
import { orderRequest } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { databases, optionsOf, outcomeOf, roles } from './postgres/roles.ts';

const { cluster } = useCluster();

describe('every role', () => {
  it('reaches its own database and no other', async () => {
    const found: string[] = [];
    const expected: string[] = [];
    for (const { role, database: own } of roles) {
      const options = await optionsOf(cluster, role);
      for (const database of [...databases, 'postgres']) {
        found.push(`${role} -> ${database}: ${await outcomeOf({ ...options, database })}`);
        expected.push(`${role} -> ${database}: ${database === own ? 'ok' : '28000'}`);
      }
    }
    expect(found).toEqual(expected);
  });

  it('is rejected without TLS and with a wrong password', async () => {
    for (const { role } of roles) {
      const options = await optionsOf(cluster, role);
      expect([role, await outcomeOf({ ...options, ssl: false })]).toEqual([role, '28000']);
      expect([role, await outcomeOf({ ...options, password: 'wrong' })]).toEqual([role, '28P01']);
    }
  });
});

it('a service may change rows, and only its migrator the schema', async () => {
  for (const database of databases) {
    const [service, migrator] = [await optionsOf(cluster, database), await optionsOf(cluster, migratorOf(database))];
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
  const options = await optionsOf(cluster, 'notifications');
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
      expect([role, await outcomeOf(await optionsOf(cluster, role))]).toEqual([role, 'ok']);
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

async function query<Row extends object>(options: ClientConfig, sql: string, values: unknown[]) {
  const client = new Client(options);
  await client.connect();
  return await client.query<Row>(sql, values).finally(() => client.end());
}
