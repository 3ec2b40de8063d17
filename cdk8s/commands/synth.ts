import { environments } from '../environments.ts';
import { limits, policies } from '../policies.ts';
import { releasedTopics } from '../released-topics.ts';
import { saga } from '../saga.ts';
import { topology } from '../topology.ts';
import { synth } from './synth-command.ts';

process.exitCode = synth(process.argv.slice(2), { topology, policies, limits, saga, releasedTopics, environments });
