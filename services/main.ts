import { ConfigError } from './lib/runtime/read-config.ts';
import type { Run } from './lib/runtime/run-service.ts';

/** The services by the argument that picks them. Each is loaded only if it is the one. */
const services = {
  orders: () => import('./orders/main.ts'),
  'orders-worker': () => import('./orders/worker.ts'),
  inventory: () => import('./inventory/main.ts'),
  payments: () => import('./payments/main.ts'),
  acquirer: () => import('./acquirer/main.ts'),
  fulfillment: () => import('./fulfillment/main.ts'),
  analytics: () => import('./analytics/main.ts'),
  notifications: () => import('./notifications/main.ts'),
} as const satisfies Record<string, () => Promise<{ run: Run }>>;

function isService(name: string | undefined): name is keyof typeof services {
  return name !== undefined && Object.hasOwn(services, name);
}

const name = process.argv[2];
if (!isService(name)) {
  const given = name === undefined ? 'Which service?' : `There is no service "${name}".`;
  console.error(`${given} Known services: ${Object.keys(services).join(', ')}.`);
  process.exit(2);
}
try {
  const { run } = await services[name]();
  await run(process.env);
} catch (error) {
  console.error(error instanceof ConfigError ? `${name}: ${error.message}` : error);
  process.exit(1);
}
