import { COMMAND_CONNECTIONS, MIGRATOR_CONNECTIONS, migratorOf } from '../model/database.ts';
import { podsOf } from '../model/dependencies.ts';
import { type Environment, SURGE_PODS } from '../model/environment.ts';
import type { Problem } from '../model/problem.ts';
import type { Topology } from '../model/topology.ts';

type Sized = Pick<Environment, 'replicas' | 'database'>;

/**
 * The limits of all roles together, and the reserve, fit into the connections of Postgres. So no role can take the
 * connections of another, and each pod gets its whole pool, in a rollout of all services at once as well.
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

/**
 * How many connections each role of Postgres needs: a service's role those of all pods that use its database, one more
 * of each service in a rollout, and those of an operator's command.
 */
export function connectionLimits(
  { services }: Topology,
  { replicas, database }: Sized,
): Readonly<Record<string, number>> {
  const users = Map.groupBy(Object.entries(services), ([, service]) => service.database);
  return Object.fromEntries(
    [...users].flatMap(([name, ofDatabase]) => {
      const pods = ofDatabase.reduce((sum, [service]) => sum + podsOf(service, replicas) + SURGE_PODS, 0);
      return [
        [name, pods * database.poolSize + COMMAND_CONNECTIONS],
        [migratorOf(name), MIGRATOR_CONNECTIONS],
      ];
    }),
  );
}

/** Each connection is a process of some 5 to 10 MiB. */
const MOST_CONNECTIONS = 10_000;
/** What Postgres keeps for superusers: superuser_reserved_connections. */
const FOR_SUPERUSERS = 3;
/** Connections without a password that must not lock a service out. */
const UNAUTHENTICATED = 200;

function checkSum(name: string, topology: Topology, environment: Sized): Problem[] {
  const { poolSize, maxConnections, reserved } = environment.database;
  const fewest = UNAUTHENTICATED + FOR_SUPERUSERS;
  if (reserved < fewest)
    return [
      problem(
        name,
        `reserved = ${reserved}`,
        `${UNAUTHENTICATED} connections without a password would lock services out, and Postgres keeps ${FOR_SUPERUSERS} for superusers: use at least ${fewest}.`,
      ),
    ];
  const limits = Object.entries(connectionLimits(topology, environment));
  const sum = limits.reduce((total, [, limit]) => total + limit, 0);
  if (sum + reserved <= maxConnections) return [];
  const ofRoles = limits.map(([role, limit]) => `${role} ${limit}`).join(', ');
  return [
    problem(
      name,
      `poolSize = ${poolSize}`,
      `in a rollout the roles need ${sum} connections (${ofRoles}), and with ${reserved} in reserve that is ${sum + reserved} > ${maxConnections}. Use a smaller poolSize or fewer pods, or raise maxConnections here and in charts/postgres/values.yaml.`,
    ),
  ];
}

function problem(environment: string, value: string, message: string): Problem {
  return { subject: `environments.${environment}`, value: `database.${value}`, rule: 'connections-fit', message };
}
