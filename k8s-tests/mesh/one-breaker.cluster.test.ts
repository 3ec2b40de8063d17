import { describeBreakers } from './proofs/breakers.ts';
import { deployed } from './proofs/source.ts';

/** The short version of breakers.cluster.test.ts: the breaker that most requests of customers pass. */
describeBreakers(deployed, ({ id }) => id === 'orders->inventory');
