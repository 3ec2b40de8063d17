import { Payments } from '../contracts/gen/windlass/payments/v1/payments_pb.js';
import { createGrpcClient } from '../lib/grpc/client.ts';
import { serveGrpc } from '../lib/grpc/server.ts';
import { startPurging } from '../lib/postgres/retention.ts';
import { startDatabase } from '../lib/postgres/start-database.ts';
import { defineService } from '../lib/runtime/run-service.ts';
import { databaseFiles, databaseVariables, httpUrl } from '../lib/runtime/variables.ts';
import { createAcquirerClient } from './acquirer-client.ts';
import { paymentsHandlers } from './handlers.ts';
import { createPayments, migrations, resetPayments } from './payments.ts';
import { retentions } from './retention.ts';

export const run = defineService({
  name: 'payments',
  variables: { ...databaseVariables, ACQUIRER_URL: httpUrl },
  async start({ config, log, faults, lifecycle }) {
    const database = await startDatabase(databaseFiles(config), migrations, {
      log,
      lifecycle,
      poolSize: config.DATABASE_POOL_SIZE,
    });
    lifecycle.onShutdown('consumers', startPurging(database, retentions, log));
    const payments = createPayments(database, createAcquirerClient(config.ACQUIRER_URL));
    const options = { host: config.HOST, port: config.GRPC_PORT, faults, log };
    const server = await serveGrpc(Payments, paymentsHandlers(payments), options);
    lifecycle.onShutdown('drain', () => server.drain());
    const self = createGrpcClient(Payments, `127.0.0.1:${server.port}`);
    lifecycle.onShutdown('pool', () => self.close());
    return {
      warmUp: () => Promise.all([database.query('SELECT 1'), self.calls.authorize({})]),
      reset: () => resetPayments(database),
    };
  },
});
