import { describeLiveConfig } from './edges/live-config.ts';
import { deployed } from './edges/source.ts';

describeLiveConfig(deployed);
