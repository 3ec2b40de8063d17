import { BlockList, isIP, isIPv6 } from 'node:net';
import { ownValue } from '../model/dependencies.ts';
import type { Environment, PartnerServers, Servers } from '../model/environment.ts';
import type { Problem } from '../model/problem.ts';
import type { Topology } from '../model/topology.ts';
import { HOST, hasForm } from './names.ts';

/** Loopback and link-local addresses, among them those by which a cloud gives its machines their credentials. */
const NEVER_OUTSIDE = new BlockList();
NEVER_OUTSIDE.addSubnet('127.0.0.0', 8);
NEVER_OUTSIDE.addSubnet('169.254.0.0', 16);
NEVER_OUTSIDE.addSubnet('::1', 128, 'ipv6');
NEVER_OUTSIDE.addSubnet('fe80::', 10, 'ipv6');

type Outside = Pick<Environment, 'partners' | 'postgres' | 'faults'>;

/**
 * Every environment says where each partner of the topology and Postgres answer, in addresses that bound something. No
 * customer's money goes to a simulation.
 */
export function partnersFit(topology: Topology, environments: Readonly<Record<string, Outside>>): Problem[] {
  const partners = Object.keys(topology.services).filter((name) => topology.services[name]?.external !== undefined);
  return Object.entries(environments).flatMap(([name, environment]) => {
    const subject = `environments.${name}`;
    const { postgres } = environment;
    return [
      ...checkPartners(subject, partners, environment),
      ...(postgres === 'in-cluster' ? [] : checkServers(subject, 'postgres', postgres)),
    ];
  });
}

function checkPartners(subject: string, names: readonly string[], { partners, faults }: Outside): Problem[] {
  if (partners === 'simulated') {
    if (faults === 'on' || names.length === 0) return [];
    const message = `customers would pay a simulation: state host, port and addresses of ${names.join(', ')}.`;
    return [problem(subject, 'partners = simulated', message)];
  }
  const unknown = Object.keys(partners).filter((name) => !names.includes(name));
  return [
    ...unknown.map((name) => problem(subject, `partners = ${name}`, `no partner of topology.ts: ${names.join(', ')}.`)),
    ...names.flatMap((name) => {
      const servers = ownValue(partners, name);
      if (!servers) return [problem(subject, `partners.${name} = none`, 'state its host, port and addresses.')];
      return checkServers(subject, `partners.${name}`, servers);
    }),
  ];
}

function checkServers(subject: string, field: string, servers: Servers & Partial<PartnerServers>): Problem[] {
  const { host, port, addresses } = servers;
  const hostFits = host === undefined || hasForm(host, HOST);
  return [
    ...(hostFits ? [] : [problem(subject, `${field}.host = ${host}`, `use ${HOST.right}.`)]),
    ...(Number.isInteger(port) && port >= 1 && port <= 65_535
      ? []
      : [problem(subject, `${field}.port = ${port}`, 'use a whole number from 1 to 65535.')]),
    ...(addresses.length > 0
      ? []
      : [problem(subject, `${field}.addresses = none`, 'pods could connect to none: state at least one CIDR block.')]),
    ...addresses
      .filter((address) => !isBlockOutside(address))
      .map((address) =>
        problem(
          subject,
          `${field}.addresses = ${address}`,
          'use CIDR blocks such as 203.0.113.7/32, of at least 8 bits (a shorter one bounds nothing), and none of this ' +
            "machine or link (127.0.0.0/8, 169.254.0.0/16, ::1, fe80::/10): they are nobody else's.",
        ),
      ),
  ];
}

function isBlockOutside(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isBlock = rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) >= 8 && Number(bits) <= most;
  return isBlock && !NEVER_OUTSIDE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function problem(subject: string, value: string, message: string): Problem {
  return { subject, value, rule: 'partners-fit', message };
}
