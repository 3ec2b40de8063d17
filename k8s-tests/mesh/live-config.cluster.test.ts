import { describeLiveConfig } from './proofs/live-config.ts';
import { deployed } from './proofs/source.ts';

describeLiveConfig(deployed);
