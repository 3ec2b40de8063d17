import { readFileSync } from 'node:fs';
import { type Source, synth } from '../../../cdk8s/commands/synth-command.ts';
import { environments } from '../../../cdk8s/environments.ts';

/**
 * Does the work of cdk8s/commands/synth.ts for one environment of a model in a file: `node synthesize-model.ts
 * <model.json> <folder>`. Its last line is the time in ms from the model in memory to the files on disk.
 */
const [modelFile = '', out = ''] = process.argv.slice(2);
const model = JSON.parse(readFileSync(modelFile, 'utf8')) as Omit<Source, 'environments'>;
const startedAt = performance.now();
process.exitCode = synth(['--out', out], { ...model, environments: { prod: environments.prod } });
console.log(performance.now() - startedAt);
