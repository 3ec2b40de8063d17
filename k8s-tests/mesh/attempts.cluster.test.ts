import { describeAttempts } from './proofs/attempts.ts';
import { deployed } from './proofs/source.ts';

describeAttempts(deployed);
