import type { Environment } from '../model/environment.ts';
import type { Problem } from '../model/problem.ts';
import { HOST, hasForm } from './names.ts';
import { checkWhole, prefix } from './numbers.ts';

type Entered = Pick<Environment, 'edge' | 'faults'>;

/**
 * An environment with real customers has names of its own and speaks TLS only, and every limit can be reached: a burst
 * below the rate, or a limit above the one around it, never takes effect.
 */
export function edgeFits(environments: Readonly<Record<string, Entered>>): Problem[] {
  return Object.entries(environments).flatMap(([name, { edge, faults }]) => {
    const subject = `environments.${name}`;
    return [...entryFits(subject, edge, faults === 'off'), ...limitsFit(subject, edge)];
  });
}

function entryFits(subject: string, { hosts, plainHttp }: Entered['edge'], isReal: boolean): Problem[] {
  const problem = (value: string, message: string): Problem => ({ subject, value, rule: 'edge-fits', message });
  const right = 'use lowercase DNS names, such as shop.windlass.example.';
  return [
    ...(hosts.length === 0 ? [problem('edge.hosts = none', `the gateway would serve nothing: ${right}`)] : []),
    ...hosts
      .filter((host) => (host === '*' ? isReal : !hasForm(host, HOST)))
      .map((host) => problem(`edge.hosts = ${host}`, host === '*' ? `any name is for tests only: ${right}` : right)),
    ...hosts
      .filter((host, index) => hosts.indexOf(host) < index)
      .map((host) => problem(`edge.hosts = ${host}`, 'it is there already: name each host once.')),
    ...(plainHttp !== 'redirected' && isReal
      ? [problem(`edge.plainHttp = ${plainHttp}`, 'tokens would be sent readable: use redirected.')]
      : []),
  ];
}

function limitsFit(subject: string, { perCustomer, ordersPerCustomer, perAddress }: Entered['edge']): Problem[] {
  const limits = { perCustomer, ordersPerCustomer, perAddress };
  const wrong = Object.entries(limits).flatMap(([name, limit]) => checkWhole(subject, prefix(`edge.${name}`, limit)));
  if (wrong.length > 0) return wrong;
  const problem = (name: keyof typeof limits, field: 'requestsPerSecond' | 'burst', message: string): Problem => ({
    subject,
    value: `edge.${name}.${field} = ${limits[name][field]}`,
    rule: 'edge-fits',
    message,
  });
  const names = Object.keys(limits) as (keyof typeof limits)[];
  const nested = [
    ['ordersPerCustomer', 'perCustomer'],
    ['perCustomer', 'perAddress'],
  ] as const;
  return [
    ...names
      .filter((name) => limits[name].burst < limits[name].requestsPerSecond)
      .map((name) => problem(name, 'burst', `use at least ${limits[name].requestsPerSecond}, what a second allows.`)),
    ...nested.flatMap(([inner, outer]) =>
      (['requestsPerSecond', 'burst'] as const)
        .filter((field) => limits[inner][field] > limits[outer][field])
        .map((field) => problem(inner, field, `${outer} refuses them before: use at most ${limits[outer][field]}.`)),
    ),
  ];
}
