import type { Breaker, ConnectionPool, Limits, PoliciesFor, RetryBudget, RetryOn, RpcPolicy } from './model/model.ts';
import type { topology } from './topology.ts';

/**
 * What happens when a call is slow or fails, per dependency and RPC. What no policy states does not happen: the mesh-wide
 * default is no retry, and a call from the mesh that no dependency names is answered 404 by the caller's own proxy.
 */

const pool = {
  connectTimeoutMs: 250,
  maxConnections: 256,
  maxRequests: 512,
  maxPendingRequests: 128,
} as const satisfies ConnectionPool;

/** 20 % admits at most 1.25 calls per request and hop; the floor of 3 lets a quiet system retry at all. */
const retryBudget = { percent: 20, minConcurrency: 3 } as const satisfies RetryBudget;

/** A customer waits behind these calls: two quick failures are tried again, a slow answer is cut. */
const quickFailures = {
  kind: 'on',
  conditions: ['unavailable', 'connect-failure', 'refused-stream', 'reset'],
  attempts: 2,
  perTryTimeoutMs: 'rest-of-timeout',
  backoffMs: 10,
} as const satisfies RetryOn;

/** What surely never reached the callee: a pod that is going away. */
const neverArrived = {
  kind: 'on',
  conditions: ['connect-failure', 'refused-stream', 'reset-before-request'],
  attempts: 2,
  perTryTimeoutMs: 'rest-of-timeout',
  backoffMs: 25,
} as const satisfies RetryOn;

/** The partner takes up to 1.5 s on a bad day and drops connections; its idempotency keys make any failure safe to retry. */
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
 * Nobody waits behind the saga's steps: three tries of two seconds, where a customer's request has 300 ms in all. A try's
 * time goes along as its gRPC deadline, so its end is seen as a reset or as the callee's `deadline-exceeded`, whichever is first.
 */
const sagaRetries = {
  kind: 'on',
  conditions: ['unavailable', 'connect-failure', 'refused-stream', 'reset', 'deadline-exceeded'],
  attempts: 2,
  perTryTimeoutMs: 2_000,
  backoffMs: 100,
} as const satisfies RetryOn;
const inventoryStep = {
  timeoutMs: 6_500,
  afterTimeout: 'callee-stops',
  idempotency: 'by-key',
  retries: sagaRetries,
} as const satisfies RpcPolicy;
/** payments gives the acquirer more time than one try has; the next try finds the result under the key. */
const paymentStep = { ...inventoryStep, afterTimeout: 'callee-carries-on' } as const satisfies RpcPolicy;

/** On the user's way half of the answers failing is a reason to stop asking; ten seconds later it is tried again. */
const halfFailing = {
  kind: 'failure-rate',
  percent: 50,
  minRequests: 20,
  intervalMs: 2_000,
  ejectionMs: 10_000,
  maxEjectionPercent: 'all',
} as const satisfies Breaker;

/** Five failures in a row, thirty seconds of rest: who is in trouble is not helped by our load. */
const fiveInARow = {
  kind: 'consecutive',
  failures: 5,
  intervalMs: 1_000,
  ejectionMs: 30_000,
  maxEjectionPercent: 'all',
} as const satisfies Breaker;

/**
 * The saga asks payments and inventory again after pauses of its own. Its rests add to those that payments gives the
 * acquirer: with thirty seconds here, too, an order would wait a minute for a partner that is back.
 */
const briefRest = { ...fiveInARow, ejectionMs: 10_000 } as const satisfies Breaker;

/** One request must not become a storm: at most three tries at payments times three at the acquirer. */
export const limits = { worstCaseCalls: 9, sustainedCalls: 2 } as const satisfies Limits;

export const policies = {
  'gateway->orders': {
    pool,
    retryBudget,
    // When a dependency fails orders answers 202. It answers 503 only when it can not store, which no other of its pods could
    // do either: they share a database.
    breaker: { kind: 'none' },
    rpcs: {
      // The hops behind retry for themselves; a second layer here would multiply theirs.
      PlaceOrder: {
        timeoutMs: 2_000,
        afterTimeout: 'callee-stops',
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
      // payments records the result under the key, where the saga finds it.
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
    breaker: briefRest,
    rpcs: { Reserve: inventoryStep, Release: inventoryStep },
  },
  'orders-worker->payments': {
    pool,
    retryBudget,
    breaker: briefRest,
    rpcs: { Authorize: paymentStep, Capture: paymentStep, Reverse: paymentStep },
  },
  'payments->acquirer': {
    pool,
    retryBudget,
    breaker: fiveInARow,
    rpcs: { Authorize: acquirerCall, Capture: acquirerCall, Reverse: acquirerCall },
  },
} as const satisfies PoliciesFor<typeof topology>;
