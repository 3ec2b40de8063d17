import { podsOf } from '../model/dependencies.ts';
import { type Environment, SURGE_PODS } from '../model/environment.ts';
import type { Problem } from '../model/problem.ts';
import type { Topology } from '../model/topology.ts';

type Sized = Pick<Environment, 'replicas' | 'database'>;

/**
 * Every pod of every service may open its whole pool, in a rollout of all services at once as well. If Postgres has
 * fewer connections, some pods get none, and theirs are not the only errors: commands and migrations get none, either.
 */
export function connectionsFit(topology: Topology, environments: Readonly<Record<string, Sized>>): Problem[] {
  return Object.entries(environments).flatMap(([name, environment]) => {
    const { poolSize, maxConnections, reserved } = environment.database;
    const numbers = Object.entries({ poolSize, maxConnections, reserved }).flatMap(([field, value]) =>
      Number.isInteger(value) && value >= 1 && value <= MOST_CONNECTIONS
        ? []
        : [problem(name, `${field} = ${value}`, `must be a whole number from 1 to ${MOST_CONNECTIONS}.`)],
    );
    return numbers.length > 0 ? numbers : checkSum(name, topology, environment);
  });
}

/** Each connection is a process of some 5 to 10 MiB. */
const MOST_CONNECTIONS = 10_000;
/** What Postgres keeps for superusers: superuser_reserved_connections. */
const FOR_SUPERUSERS = 3;

function checkSum(name: string, { services }: Topology, { replicas, database }: Sized): Problem[] {
  const { poolSize, maxConnections, reserved } = database;
  const fewest = poolSize + FOR_SUPERUSERS;
  if (reserved < fewest)
    return [
      problem(
        name,
        `reserved = ${reserved}`,
        `a command of an operator opens up to ${poolSize} connections, and Postgres keeps ${FOR_SUPERUSERS} for superusers: use at least ${fewest}.`,
      ),
    ];
  const pods = Object.keys(services).reduce((sum, service) => sum + podsOf(service, replicas) + SURGE_PODS, 0);
  const needed = pods * poolSize + reserved;
  if (needed <= maxConnections) return [];
  const fits = Math.floor((maxConnections - reserved) / pods);
  const right = fits >= 1 ? `Use a poolSize of at most ${fits}, or ` : 'Use fewer pods, or ';
  return [
    problem(
      name,
      `poolSize = ${poolSize}`,
      `in a rollout ${pods} pods open ${pods * poolSize} connections, and with ${reserved} in reserve that is ${needed} > ${maxConnections}. ${right}raise maxConnections here and in charts/postgres/values.yaml.`,
    ),
  ];
}

function problem(environment: string, value: string, message: string): Problem {
  return { subject: `environments.${environment}`, value: `database.${value}`, rule: 'connections-fit', message };
}
