import { join } from 'node:path';
import { Command, Option } from 'commander';
import { tokensFit } from '../analysis/access.ts';
import { analyze } from '../analysis/analyze.ts';
import { availabilityOfRoutes, formatAvailability } from '../analysis/availability.ts';
import { connectionsFit } from '../analysis/connections.ts';
import { edgeFits } from '../analysis/edge.ts';
import { environmentsFit } from '../analysis/environments.ts';
import { planMesh } from '../mesh/plan.ts';
import type { Environment } from '../model/environment.ts';
import type { Model } from '../model/model.ts';
import { SynthesisRejected } from '../model/problem.ts';
import type { Saga } from '../model/saga-step.ts';
import { synthesize } from './synthesize.ts';

export interface Source extends Model {
  readonly environments: Readonly<Record<string, Environment>>;
  readonly saga: Saga;
}

const ALL = 'all';

/**
 * The `synth` command: writes `<out>/<env>/*.yaml` and prints what users may expect of each route. Policies must hold
 * in every environment, whichever is asked for.
 *
 * @param args without the program's name
 * @returns the exit code: 0, or 1 when the source has problems; all are on stderr then, and nothing is written
 */
export function synth(args: readonly string[], { environments, ...model }: Source): number {
  const { out, env, image } = new Command('synth')
    .description('Writes the manifests of topology.ts and policies.ts to <out>/<env>/*.yaml, or prints every problem.')
    .option('--out <folder>', 'folder to write to', 'dist')
    .addOption(new Option('--env <name>', 'environment').choices([...Object.keys(environments), ALL]).default(ALL))
    .option(
      '--image <name>',
      "the services' image instead of each environment's own, such as registry.example/services:1",
    )
    .parse(args, { from: 'user' })
    .opts<{ out: string; env: string; image?: string }>();
  try {
    const replicas = Object.values(environments).map((environment) => environment.replicas);
    const problems = [
      ...analyze(model, replicas),
      ...connectionsFit(model.topology, environments),
      ...environmentsFit(environments),
      ...tokensFit(environments),
      ...edgeFits(environments),
    ];
    if (problems.length > 0) throw new SynthesisRejected(problems);
    const plan = planMesh(model, replicas);
    for (const [name, environment] of Object.entries(environments)) {
      if (env === ALL || env === name)
        synthesize({
          topology: model.topology,
          plan,
          environment: image ? { ...environment, image } : environment,
          outFolder: join(out, name),
        });
    }
    console.log(formatAvailability(availabilityOfRoutes(model)));
    return 0;
  } catch (error) {
    if (!(error instanceof SynthesisRejected)) throw error;
    console.error(error.message);
    return 1;
  }
}
