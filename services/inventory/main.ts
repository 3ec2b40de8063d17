import { Inventory } from '../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { createGrpcClient } from '../lib/grpc/client.ts';
import { serveGrpc } from '../lib/grpc/server.ts';
import { startPurging } from '../lib/postgres/retention.ts';
import { startDatabase } from '../lib/postgres/start-database.ts';
import { defineService } from '../lib/runtime/run-service.ts';
import { databaseFiles, databaseVariables, recordVariables } from '../lib/runtime/variables.ts';
import { inventoryHandlers } from './handlers.ts';
import { retentionsOf } from './retention.ts';
import { migrations, resetStock, stockUp } from './stock.ts';

export const run = defineService({
  name: 'inventory',
  variables: { ...databaseVariables, ...recordVariables },
  async start({ config, log, faults, lifecycle }) {
    const database = await startDatabase(databaseFiles(config), migrations, {
      log,
      lifecycle,
      poolSize: config.DATABASE_POOL_SIZE,
    });
    const retentions = retentionsOf({ recordRetentionDays: config.RECORD_RETENTION_DAYS });
    lifecycle.onShutdown('consumers', startPurging(database, retentions, log));
    await stockUp(database);
    const options = { host: config.HOST, port: config.GRPC_PORT, faults, log };
    const server = await serveGrpc(Inventory, inventoryHandlers(database), options);
    lifecycle.onShutdown('drain', () => server.drain());
    const self = createGrpcClient(Inventory, `127.0.0.1:${server.port}`);
    lifecycle.onShutdown('pool', () => self.close());
    return {
      warmUp: () => self.calls.check({ lines: [{ sku: 'mug', quantity: 1 }] }),
      reset: () => resetStock(database),
    };
  },
});
