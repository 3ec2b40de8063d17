import { Inventory } from '../contracts/gen/windlass/inventory/v1/inventory_pb.js';
import { Payments } from '../contracts/gen/windlass/payments/v1/payments_pb.js';
import { createGrpcClient } from '../lib/grpc/client.ts';
import { createApp } from '../lib/http/create-app.ts';
import { listen } from '../lib/http/listen.ts';
import { postJson } from '../lib/http/post-json.ts';
import { startDatabase } from '../lib/postgres/start-database.ts';
import { defineService } from '../lib/runtime/run-service.ts';
import { databaseFiles, databaseVariables, grpcAddress } from '../lib/runtime/variables.ts';
import { principalHeader } from './api/principal.ts';
import { ordersRoutes } from './api/routes.ts';
import { openapiRoute } from './openapi/openapi.ts';
import { openingTokens } from './saga/payment-calls.ts';
import { migrations, resetOrders } from './store/store.ts';
import { tokenKeyVariables } from './tokens/token-keys.ts';
import { openTokenVault } from './tokens/token-vault.ts';

/** A request of a customer, so that it is read further than to its missing token. It has no key, so it stores nothing. */
const warmUpHeaders = { [principalHeader]: Buffer.from('{"sub":"warm-up"}').toString('base64url') };

export const run = defineService({
  name: 'orders',
  variables: {
    ...databaseVariables,
    ...tokenKeyVariables,
    INVENTORY_ADDRESS: grpcAddress,
    PAYMENTS_ADDRESS: grpcAddress,
  },
  async start({ config, log, faults, lifecycle }) {
    const database = await startDatabase(databaseFiles(config), migrations, {
      log,
      lifecycle,
      poolSize: config.DATABASE_POOL_SIZE,
    });
    const inventory = createGrpcClient(Inventory, config.INVENTORY_ADDRESS);
    const payments = createGrpcClient(Payments, config.PAYMENTS_ADDRESS);
    lifecycle.onShutdown('pool', () => inventory.close());
    lifecycle.onShutdown('pool', () => payments.close());
    const vault = openTokenVault(config.PAYMENT_TOKEN_KEYS_FILE);
    const deps = { database, inventory: inventory.calls, payments: openingTokens(payments.calls, vault), vault, log };
    const routes = [...ordersRoutes(deps), openapiRoute];
    const server = await listen(createApp(routes, faults, log), config.HOST, config.HTTP_PORT);
    lifecycle.onShutdown('drain', () => server.drain());
    const self = new URL(`http://127.0.0.1:${server.port}/v1/orders`);
    return {
      warmUp: () => Promise.all([database.query('SELECT 1'), postJson(self, {}, warmUpHeaders)]),
      reset: () => resetOrders(database),
    };
  },
});
