import type { Limits } from './model/model.ts';
import type { Breaker, ConnectionPool, PoliciesFor, RetryBudget, RetryOn, RpcPolicy } from './model/policy.ts';
import type { topology } from './topology.ts';

/**
 * What happens when a call is slow or fails, per dependency and RPC. Anything a policy does not state is off: the
 * mesh-wide default is no retry, and the caller's own proxy answers 404 to a call that no dependency states.
 */

const pool = {
  connectTimeoutMs: 250,
  maxConnections: 256,
  maxRequests: 512,
  maxPendingRequests: 128,
} as const satisfies ConnectionPool;

/**
 * A partner is farther away than the next pod, and its TLS handshake is part of the connect: four round trips of 100 ms
 * with its own work for it, and once again after a lost packet.
 */
const partnerPool = { ...pool, connectTimeoutMs: 1_500 } as const satisfies ConnectionPool;

/** 20 % allows at most 1.25 calls per request and hop. The floor of 3 lets a system with little load retry at all. */
const retryBudget = { percent: 20, minConcurrency: 3 } as const satisfies RetryBudget;

/** A customer waits for these calls: two quick failures are retried, and a slow answer is cut off. */
const quickFailures = {
  kind: 'on',
  conditions: ['unavailable', 'connect-failure', 'refused-stream', 'reset'],
  attempts: 2,
  perTryTimeoutMs: 'rest-of-timeout',
  backoffMs: 10,
} as const satisfies RetryOn;

/** Failures in which the request surely never reached the callee: a pod that is terminating. */
const neverArrived = {
  kind: 'on',
  conditions: ['connect-failure', 'refused-stream', 'reset-before-request'],
  attempts: 2,
  perTryTimeoutMs: 'rest-of-timeout',
  backoffMs: 25,
} as const satisfies RetryOn;

/** The partner may take 1.5 s and drops connections. Its idempotency keys make any failure safe to retry. */
const acquirerCall = {
  timeoutMs: 6_500,
  afterTimeout: 'callee-carries-on',
  idempotency: 'by-key',
  retries: {
    kind: 'on',
    conditions: ['connect-failure', 'refused-stream', 'reset', 'gateway-error'],
    attempts: 2,
    perTryTimeoutMs: 2_000,
    backoffMs: 25,
  },
} as const satisfies RpcPolicy;

/**
 * No customer waits for the saga's steps: three attempts of two seconds each, while a customer's request has 300 ms in
 * total. Envoy sends the attempt's timeout as its gRPC deadline, so a timeout shows as a reset or as
 * `deadline-exceeded` of the callee, whichever comes first.
 */
const sagaRetries = {
  kind: 'on',
  conditions: ['unavailable', 'connect-failure', 'refused-stream', 'reset', 'deadline-exceeded'],
  attempts: 2,
  perTryTimeoutMs: 2_000,
  backoffMs: 100,
} as const satisfies RetryOn;
/**
 * An attempt has less time than the callee's database, and payments gives the acquirer more as well. The next attempt
 * finds the result under the key.
 */
const sagaStep = {
  timeoutMs: 6_500,
  afterTimeout: 'callee-carries-on',
  idempotency: 'by-key',
  retries: sagaRetries,
} as const satisfies RpcPolicy;

/**
 * For customers' requests: if half of the calls fail, callers stop calling for ten seconds. In ten seconds an endpoint
 * gets 40 calls at dev's four orders per second, and in prod 22 of each caller's pod: enough to be judged.
 */
const halfFailing = {
  kind: 'failure-rate',
  percent: 50,
  minRequests: 20,
  intervalMs: 10_000,
  ejectionMs: 10_000,
  maxEjectionPercent: 'all',
} as const satisfies Breaker;

/** Five failures in a row, then thirty seconds without calls: do not add load to a struggling service. */
const fiveInARow = {
  kind: 'consecutive',
  failures: 5,
  intervalMs: 1_000,
  ejectionMs: 30_000,
  maxEjectionPercent: 'all',
} as const satisfies Breaker;

/**
 * The saga calls payments and inventory again after pauses of its own. This ejection adds to the one that payments
 * applies to the acquirer: with thirty seconds here as well, an order would wait a minute for a partner that has
 * recovered.
 */
const briefEjection = { ...fiveInARow, ejectionMs: 10_000 } as const satisfies Breaker;

/** One request must not multiply: at most three attempts at payments times three at the acquirer. */
export const limits = { worstCaseCalls: 9, sustainedCalls: 2 } as const satisfies Limits;

export const policies = {
  'gateway->orders': {
    pool,
    retryBudget,
    // If a dependency fails, orders answers 202. It answers 503 only if it cannot store, and then none of its pods can:
    // they share a database.
    breaker: { kind: 'none' },
    rpcs: {
      // The hops behind it retry on their own; a second layer here would multiply their attempts. An order that waits
      // for a lock in the database may still be stored; a client that sends its key again gets that order.
      PlaceOrder: {
        timeoutMs: 2_000,
        afterTimeout: 'callee-carries-on',
        idempotency: 'by-key',
        retries: neverArrived,
      },
      GetOrder: { timeoutMs: 1_000, afterTimeout: 'callee-stops', idempotency: 'safe', retries: neverArrived },
      NoVersion2: { timeoutMs: 1_000, afterTimeout: 'callee-stops', idempotency: 'safe', retries: neverArrived },
      GetContract: { timeoutMs: 1_000, afterTimeout: 'callee-stops', idempotency: 'safe', retries: neverArrived },
    },
  },
  'gateway->analytics': {
    pool,
    retryBudget,
    breaker: fiveInARow,
    rpcs: {
      GetStats: { timeoutMs: 1_000, afterTimeout: 'callee-stops', idempotency: 'safe', retries: neverArrived },
    },
  },
  'orders->inventory': {
    pool,
    retryBudget,
    breaker: halfFailing,
    rpcs: {
      Check: { timeoutMs: 300, afterTimeout: 'callee-stops', idempotency: 'safe', retries: quickFailures },
    },
  },
  'orders->payments': {
    pool,
    retryBudget,
    breaker: halfFailing,
    rpcs: {
      // payments records the result under the key, and the saga finds it there.
      Authorize: {
        timeoutMs: 300,
        afterTimeout: 'callee-carries-on',
        idempotency: 'by-key',
        retries: quickFailures,
      },
    },
  },
  'orders-worker->inventory': {
    pool,
    retryBudget,
    breaker: briefEjection,
    rpcs: { Reserve: sagaStep, Release: sagaStep },
  },
  'orders-worker->payments': {
    pool,
    retryBudget,
    breaker: briefEjection,
    rpcs: { Authorize: sagaStep, Capture: sagaStep, Reverse: sagaStep },
  },
  'payments->acquirer': {
    pool: partnerPool,
    retryBudget,
    breaker: fiveInARow,
    rpcs: { Authorize: acquirerCall, Capture: acquirerCall, Reverse: acquirerCall },
  },
} as const satisfies PoliciesFor<typeof topology>;
