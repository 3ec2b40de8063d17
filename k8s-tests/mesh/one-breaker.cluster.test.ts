import { describeBreakers } from './proofs/breakers.ts';
import { deployed } from './proofs/source.ts';

/** The short form of breakers.cluster.test.ts: the breaker that customers' requests meet most. */
describeBreakers(deployed, ({ id }) => id === 'orders->inventory');
