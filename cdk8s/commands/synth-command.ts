import { join } from 'node:path';
import { Command, Option } from 'commander';
import { tokensFit } from '../analysis/access.ts';
import { analyze } from '../analysis/analyze.ts';
import { availabilityOfRoutes, formatAvailability } from '../analysis/availability.ts';
import { connectionsFit } from '../analysis/connections.ts';
import { edgeFits } from '../analysis/edge.ts';
import { environmentsHaveForm } from '../analysis/environment-form.ts';
import { environmentsFit } from '../analysis/environments.ts';
import { asExample, missingFrom } from '../analysis/missing.ts';
import { partnersFit } from '../analysis/partners.ts';
import { prerequisites } from '../documents/prerequisites.ts';
import { planMesh } from '../mesh/plan.ts';
import type { Environment } from '../model/environment.ts';
import type { Model } from '../model/model.ts';
import { type Problem, SynthesisRejected } from '../model/problem.ts';
import type { Saga } from '../model/saga-step.ts';
import { topologyIn } from '../model/topology-in.ts';
import { synthesize } from './synthesize.ts';

export interface Source extends Model {
  readonly environments: Readonly<Record<string, Environment>>;
  readonly saga: Saga;
}

const ALL = 'all';

/**
 * The `synth` command: writes `<out>/<env>/*.yaml` and prints what users may expect of each route. Policies must hold
 * in every environment, whichever is asked for. An environment for customers that lacks what its operator brings is
 * refused if it is asked for by its name, and else written as an example whose image cannot be pulled; stderr says so.
 *
 * @param args without the program's name
 * @returns the exit code: 0, or 1 when the source has problems, or the requested environment lacks something; all are on
 *   stderr then, and nothing is written
 */
export function synth(args: readonly string[], { environments, ...model }: Source): number {
  const { out, env, image, examples } = new Command('synth')
    .description('Writes the manifests of topology.ts and policies.ts to <out>/<env>/*.yaml, or prints every problem.')
    .option('--out <folder>', 'folder to write to', 'dist')
    .addOption(new Option('--env <name>', 'environment').choices([...Object.keys(environments), ALL]).default(ALL))
    .option(
      '--image <name>',
      "the services' image instead of each environment's own, such as registry.example/services@sha256:…",
    )
    .option('--examples', 'accept names and addresses that are examples: for manifests that are read, not applied')
    .showHelpAfterError('Add --help for the usage.')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(args, { from: 'user' })
    .opts<{ out: string; env: string; image?: string; examples?: true }>();
  try {
    const unformed = environmentsHaveForm(environments);
    if (unformed.length > 0) throw new SynthesisRejected(unformed);
    const replicas = Object.values(environments).map((environment) => environment.replicas);
    const problems = [
      ...analyze(model, replicas),
      ...connectionsFit(model.topology, environments),
      ...environmentsFit(environments),
      ...tokensFit(environments),
      ...edgeFits(environments),
      ...partnersFit(model.topology, environments),
    ];
    if (problems.length > 0) throw new SynthesisRejected(problems);
    const wanted = Object.entries(environments).filter(([name]) => env === ALL || env === name);
    // A problem of any of them, before the first is written.
    const planned = wanted.map(([name, source]) => {
      const environment = image ? { ...source, image } : source;
      const missing = missingFrom(name, environment, { examples });
      if (missing.length > 0 && env !== ALL) throw new SynthesisRejected(missing);
      const topology = topologyIn(environment, model.topology);
      const plan = planMesh({ ...model, topology }, replicas);
      return { outFolder: join(out, name), environment, missing, topology, plan };
    });
    for (const { outFolder, environment, missing, topology, plan } of planned) {
      synthesize({ topology, plan, environment: asExample(environment), outFolder });
      if (missing.length > 0) console.error(onlyExample(outFolder, missing));
      else if (environment.faults === 'off') console.log(needs(outFolder, prerequisites(topology)));
    }
    console.log(formatAvailability(availabilityOfRoutes(model)));
    return 0;
  } catch (error) {
    if (!(error instanceof SynthesisRejected)) throw error;
    console.error(error.message);
    return 1;
  }
}

function onlyExample(folder: string, missing: readonly Problem[]): string {
  const fields = missing.map(({ value }) => value).join(', ');
  return `${folder} is an example to read, not to apply: its operator brings ${fields}. \`make synth ENV=…\` says more.`;
}

function needs(folder: string, lines: readonly string[]): string {
  return [`${folder} needs in its cluster, before it is applied (docs/kubectl-apply.md):`, ...lines].join('\n  ');
}
