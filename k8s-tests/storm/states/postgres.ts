import type { Cluster } from '../../harness/cluster.ts';
import { ownerOf, withDatabase } from '../../harness/database.ts';
import { eventually } from '../../harness/eventually.ts';
import { namespaceOf, type ServiceName } from '../../harness/names.ts';
import { type DependencyState, endTimes } from './state.ts';

/** Runs SQL as the owner of a service's database, and cuts the connections of the service itself. */
async function alterDatabase(cluster: Cluster, service: ServiceName, sql: readonly string[]): Promise<void> {
  await withDatabase(cluster, ownerOf(service), async (client) => {
    await client.query('SET default_transaction_read_only = off');
    for (const statement of sql) await client.query(statement);
  });
  await withDatabase(cluster, { namespace: namespaceOf(service), name: service }, async (client) => {
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()',
    );
  });
}

/** The server has become a standby: it reads and does not write. */
function readOnly(service: ServiceName): DependencyState {
  const set = (value: string) => [`ALTER DATABASE "${service}" SET default_transaction_read_only = ${value}`];
  return {
    kind: 'state',
    name: `postgres of ${service} read-only`,
    family: 'state',
    dependency: 'postgres',
    async begin(cluster) {
      await alterDatabase(cluster, service, set('on'));
      return () => eventually(() => alterDatabase(cluster, service, set('off')), endTimes);
    },
  };
}

/** Every write fails with the SQLSTATE, as it does on a full disk. */
function rejectsWrites(service: ServiceName, state: string, what: string): DependencyState {
  const begin = [
    `CREATE OR REPLACE FUNCTION injected_state() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '${state}'; END $$`,
    `DO $$ DECLARE name text; BEGIN
       FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
         EXECUTE format('CREATE OR REPLACE TRIGGER injected_state BEFORE INSERT OR UPDATE OR DELETE ON %I
           FOR EACH STATEMENT EXECUTE FUNCTION injected_state()', name);
       END LOOP; END $$`,
  ];
  const end = ['DROP FUNCTION IF EXISTS injected_state() CASCADE'];
  return {
    kind: 'state',
    name: `postgres of ${service} ${what}`,
    family: 'state',
    dependency: 'postgres',
    async begin(cluster) {
      await alterDatabase(cluster, service, begin);
      return () => eventually(() => alterDatabase(cluster, service, end), endTimes);
    },
  };
}

export const postgresStates: readonly DependencyState[] = [
  readOnly('orders'),
  readOnly('payments'),
  readOnly('fulfillment'),
  rejectsWrites('orders', '53100', 'on a full disk'),
  rejectsWrites('inventory', '57P03', 'starting up'),
  rejectsWrites('fulfillment', '58030', 'with a broken disk'),
];
