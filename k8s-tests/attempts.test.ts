import { describeAttempts } from './edges/attempts.ts';
import { deployed } from './edges/source.ts';

describeAttempts(deployed);
