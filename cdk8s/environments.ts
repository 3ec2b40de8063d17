import { type Environment, GIVEN, MADE_IN_CLUSTER } from './model/environment.ts';

/** What one customer may ask of the gateway. */
const ofOneCustomer = {
  perCustomer: { requestsPerSecond: 20, burst: 40 },
  ordersPerCustomer: { requestsPerSecond: 1, burst: 5 },
} as const;

const dev = {
  image: 'windlass/services:dev',
  partners: 'simulated',
  postgres: 'in-cluster',
  replicas: { each: 1 },
  maxUnavailable: 1,
  spread: [],
  faults: 'on',
  tokens: { issuer: 'https://dev.windlass.example', audience: 'windlass', jwksUri: MADE_IN_CLUSTER },
  edge: {
    hosts: ['*'],
    plainHttp: 'served',
    ...ofOneCustomer,
    // All clients are on this machine and so one address, among them tests with hundreds of requests per second.
    perAddress: { requestsPerSecond: 1_000, burst: 2_000 },
  },
  samplingPercent: 100,
  service: {
    cpuRequestMilli: 25,
    criticalCpuRequestMilli: 100,
    memoryRequestMi: 96,
    memoryLimitMi: 256,
    storageMi: 128,
  },
  sidecar: { cpuRequestMilli: 30, memoryRequestMi: 48, memoryLimitMi: 192 },
  database: { poolSize: 10, maxConnections: 480, reserved: 210 },
  kafka: { brokers: 1, replication: 1, minInSync: 1, storageGi: 2, cpuRequestMilli: 100, heapMi: 384, memoryMi: 768 },
  fileSync: false,
} as const satisfies Environment;

export const environments = {
  dev,
  prod: {
    image: GIVEN,
    // Names that end with .example, and addresses for documentation, are to be replaced: docs/kubectl-apply.md.
    partners: { acquirer: { host: 'api.acquirer.example', port: 443, addresses: ['203.0.113.0/24'] } },
    postgres: { port: 5432, addresses: ['198.51.100.0/24'] },
    // 20 orders per second. The gateway scales up to `maxReplicas` of charts/istio/gateway-prod.yaml.
    replicas: { each: 3, load: 5, gateway: 5 },
    maxUnavailable: 1,
    spread: ['host', 'zone'],
    faults: 'off',
    tokens: {
      issuer: 'https://accounts.windlass.example',
      audience: 'windlass',
      jwksUri: 'https://accounts.windlass.example/.well-known/jwks.json',
    },
    edge: {
      hosts: ['shop.windlass.example'],
      plainHttp: 'redirected',
      ...ofOneCustomer,
      // An office behind one address has several customers.
      perAddress: { requestsPerSecond: 100, burst: 200 },
    },
    samplingPercent: 5,
    // Memory is incompressible, so request = limit.
    service: {
      cpuRequestMilli: 100,
      criticalCpuRequestMilli: 200,
      memoryRequestMi: 384,
      memoryLimitMi: 384,
      storageMi: 128,
    },
    sidecar: { cpuRequestMilli: 100, memoryRequestMi: 96, memoryLimitMi: 256 },
    // Four times as many pods as in dev share the same connections.
    database: { poolSize: 5, maxConnections: 480, reserved: 210 },
    kafka: {
      brokers: 3,
      replication: 3,
      minInSync: 2,
      storageGi: 50,
      cpuRequestMilli: 1000,
      heapMi: 2048,
      memoryMi: 4096,
    },
    fileSync: false,
  },
  /** What skaffold deploys: dev, with live code. */
  sync: { ...dev, fileSync: true },
} as const satisfies Record<string, Environment>;
