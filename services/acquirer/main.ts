import { createApp } from '../lib/http/create-app.ts';
import { listen } from '../lib/http/listen.ts';
import { postJson } from '../lib/http/post-json.ts';
import type { HttpRoute } from '../lib/http/route.ts';
import type { Database } from '../lib/postgres/database.ts';
import { startPurging } from '../lib/postgres/retention.ts';
import { startDatabase } from '../lib/postgres/start-database.ts';
import { defineService } from '../lib/runtime/run-service.ts';
import { databaseFiles, databaseVariables, tlsVariables } from '../lib/runtime/variables.ts';
import { migrations, readLedger, resetLedger } from './ledger.ts';
import { retentions } from './retention.ts';
import { acquirerRoutes } from './routes.ts';

export const run = defineService({
  name: 'acquirer',
  variables: { ...databaseVariables, ...tlsVariables },
  async start({ config, log, faults, lifecycle }) {
    const database = await startDatabase(databaseFiles(config), migrations, {
      log,
      lifecycle,
      poolSize: config.DATABASE_POOL_SIZE,
    });
    lifecycle.onShutdown('consumers', startPurging(database, retentions, log));
    const certificate = { cert: config.TLS_CERT_FILE, key: config.TLS_KEY_FILE };
    const app = createApp(acquirerRoutes(database), faults, log);
    const server = await listen(app, config.HOST, config.HTTPS_PORT, certificate);
    lifecycle.onShutdown('drain', () => server.drain());
    const self = new URL(`https://127.0.0.1:${server.port}/v1/authorizations`);
    // The warm-up trusts only the service's own certificate. It skips the check of the name, which is not 127.0.0.1.
    const onlySelf = { ca: certificate.cert, allowPartialTrustChain: true, checkServerIdentity: () => undefined };
    return {
      warmUp: () => Promise.all([database.query('SELECT 1'), postJson(self, {}, {}, onlySelf)]),
      reset: () => resetLedger(database),
      reads: [ledgerRoute(database)],
    };
  },
});

function ledgerRoute(database: Database): HttpRoute {
  return {
    method: 'get',
    path: '/ledger/{orderId}',
    handle: async ({ params }) => ({ status: 200, body: await readLedger(database, params.orderId ?? '') }),
  };
}
