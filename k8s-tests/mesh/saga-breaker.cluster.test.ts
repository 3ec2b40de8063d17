import { describeBreakers } from './proofs/breakers.ts';
import { deployed } from './proofs/source.ts';

/** The short version of breakers.cluster.test.ts: the breaker with the shortest ejection, and one pod behind it. */
describeBreakers(deployed, ({ caller, callee }) => caller === 'orders-worker' && callee === 'payments');
