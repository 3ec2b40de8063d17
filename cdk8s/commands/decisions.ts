import { environments } from '../environments.ts';
import { limits, policies } from '../policies.ts';
import { releasedTopics } from '../released-topics.ts';
import { saga } from '../saga.ts';
import { topology } from '../topology.ts';
import { decisions } from './decisions-command.ts';

process.exitCode = await decisions(process.argv.slice(2), {
  topology,
  policies,
  limits,
  saga,
  releasedTopics,
  environments,
});
