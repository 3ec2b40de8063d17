import { BlockList, isIP, isIPv6 } from 'node:net';
import { ownValue } from '../model/dependencies.ts';
import type { Environment, PartnerServers, Servers } from '../model/environment.ts';
import type { Problem } from '../model/problem.ts';
import type { Topology } from '../model/topology.ts';
import { HOST, hasForm } from './names.ts';

/**
 * No host, loopback, link-local and multicast addresses, IPv4 written as IPv6, and the address by which AWS gives its
 * machines their credentials in IPv6. In IPv4 it is link-local.
 */
const NEVER_OUTSIDE = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['::', 127],
  ['::ffff:0:0', 96],
  ['fd00:ec2::254', 128],
  ['fe80::', 10],
  ['ff00::', 8],
] as const;

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
  const hostFits = host === undefined || (hasForm(host, HOST) && !/\.svc(\.cluster\.local)?$/.test(host));
  return [
    ...(hostFits
      ? []
      : [problem(subject, `${field}.host = ${host}`, `use ${HOST.right}, of no Service in a cluster.`)]),
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
          'use CIDR blocks such as 203.0.113.7/32, of at least 8 bits (a shorter one bounds nothing), without addresses ' +
            'of this machine or link, such as 127.0.0.1 and 169.254.169.254, and without multicast.',
        ),
      ),
  ];
}

function isBlockOutside(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isBlock = rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) >= 8 && Number(bits) <= most;
  return isBlock && !NEVER_OUTSIDE.some(([other, length]) => overlap(address, Number(bits), other, length));
}

/** Of two blocks that overlap, one contains the other. */
function overlap(one: string, bits: number, other: string, otherBits: number): boolean {
  if (isIP(one) !== isIP(other)) return false;
  const [base, length, address] = bits < otherBits ? [one, bits, other] : [other, otherBits, one];
  const family = isIPv6(one) ? 'ipv6' : 'ipv4';
  const block = new BlockList();
  block.addSubnet(base, length, family);
  return block.check(address, family);
}

function problem(subject: string, value: string, message: string): Problem {
  return { subject, value, rule: 'partners-fit', message };
}
