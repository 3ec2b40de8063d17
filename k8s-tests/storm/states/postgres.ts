import { Admin, type FaultRule } from '../harness/admin.ts';
import type { Cluster } from '../harness/cluster.ts';
import { withDatabase } from '../harness/database.ts';
import { eventually } from '../harness/eventually.ts';
import { kubectl } from '../harness/kubectl.ts';

/** A dependency that runs and answers, but is in a state in which its answers are of no use. */
export interface DependencyState {
  readonly kind: 'state';
  readonly name: string;
  readonly family: 'state';
  /** Which one: it takes on one state at a time, and none while it is restarted itself. */
  readonly dependency: 'acquirer' | 'postgres' | 'broker';
  /** Brings the dependency into the state, and returns what ends the state. Both are safe to repeat. */
  readonly begin: (cluster: Cluster) => Promise<() => Promise<void>>;
}

const acquirerRoutes = ['/v1/authorizations', '/v1/captures', '/v1/reversals'] as const;

/** The partner answers every call like this. */
function acquirer(name: string, rule: Omit<FaultRule, 'match'>): DependencyState {
  return {
    kind: 'state',
    name: `acquirer ${name}`,
    family: 'state',
    dependency: 'acquirer',
    async begin(cluster) {
      const admin = new Admin(cluster, { namespace: 'partner', name: 'acquirer' });
      await admin.setFaults(...acquirerRoutes.map((match) => ({ match, ...rule })));
      return () => admin.setFaults();
    },
  };
}

const restoreTimes = { timeoutMs: 60_000, intervalMs: 500 } as const;

/** Runs SQL as the owner of a service's database, and cuts the connections of the service itself. */
async function alterDatabase(cluster: Cluster, service: string, sql: readonly string[]): Promise<void> {
  await withDatabase(cluster, { namespace: 'shop', name: service }, async (client) => {
    await client.query('SET default_transaction_read_only = off');
    for (const statement of sql) await client.query(statement);
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()',
    );
  });
}

/** The server has become a standby: it reads and does not write. */
function readOnly(service: string): DependencyState {
  const set = (value: string) => [`ALTER DATABASE "${service}" SET default_transaction_read_only = ${value}`];
  return {
    kind: 'state',
    name: `postgres of ${service} read-only`,
    family: 'state',
    dependency: 'postgres',
    async begin(cluster) {
      await alterDatabase(cluster, service, set('on'));
      return () => eventually(() => alterDatabase(cluster, service, set('off')), restoreTimes);
    },
  };
}

/** Every write fails with the SQLSTATE, as it does on a full disk. */
function rejectsWrites(service: string, state: string, what: string): DependencyState {
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
      return () => eventually(() => alterDatabase(cluster, service, end), restoreTimes);
    },
  };
}

/** The broker compresses what it stores in a way that no producer of ours uses. What it stored so stays. */
function compressed(codec: string): DependencyState {
  const patch = (value: string | null) =>
    kubectl(
      ...['-n', 'shop', 'patch', 'kafkatopic', 'orders.v1', '--type', 'merge', '-p'],
      JSON.stringify({ spec: { config: { 'compression.type': value } } }),
    );
  return {
    kind: 'state',
    name: `broker compresses with ${codec}`,
    family: 'state',
    dependency: 'broker',
    async begin() {
      await patch(codec);
      return async () => void (await patch(null));
    },
  };
}

export const dependencyStates: readonly DependencyState[] = [
  acquirer('answers 200 with a page', { status: 200, answer: 'page' }),
  acquirer('answers 201 with nothing', { status: 201, answer: 'empty' }),
  acquirer('answers 200 with 150 MiB', { status: 200, answer: 'huge' }),
  acquirer('answers 200 byte by byte', { status: 200, answer: 'slow' }),
  acquirer('cuts its answers', { status: 200, answer: 'cut' }),
  acquirer('answers 400 through a proxy', { status: 400, answer: 'page' }),
  acquirer('refuses permanently', { status: 400 }),
  acquirer('refuses after the effect', { status: 400, carriedOut: true }),
  acquirer('answers 429', { status: 429, answer: 'empty' }),
  acquirer('answers 500 after the effect', { status: 500, carriedOut: true }),
  readOnly('orders'),
  readOnly('payments'),
  readOnly('fulfillment'),
  rejectsWrites('orders', '53100', 'on a full disk'),
  rejectsWrites('inventory', '57P03', 'starting up'),
  rejectsWrites('fulfillment', '58030', 'with a broken disk'),
  compressed('zstd'),
  compressed('lz4'),
];
