import { networkInterfaces } from 'node:os';

/**
 * The virtual cable (veth pair) between host and node: its own /30, and an interface name of at most 15 characters for
 * each end.
 */
export interface Cable {
  readonly hostIp: string;
  readonly nodeIp: string;
  readonly hostEnd: string;
  readonly nodeEnd: string;
}

const SLOTS = 64 * 256;

/**
 * Chooses the cable of the checkout with this id (hexadecimal): a /30 in 10.98.0.0/16 that no interface of this machine
 * uses. The same id gets the same one as long as that is free.
 */
export function chooseCable(id: string, used: readonly string[] = addressesInUse()): Cable {
  const first = Number.parseInt(id.slice(0, 6), 16) % SLOTS;
  for (let attempt = 0; attempt < SLOTS; attempt++) {
    const base = ((first + attempt) % SLOTS) * 4;
    const prefix = `10.98.${base >> 8}`;
    const hostIp = `${prefix}.${(base & 255) + 1}`;
    const nodeIp = `${prefix}.${(base & 255) + 2}`;
    if (!used.includes(hostIp) && !used.includes(nodeIp))
      return { hostIp, nodeIp, hostEnd: hostEndOf(id), nodeEnd: `wl${id}n` };
  }
  throw new Error('every /30 of 10.98.0.0/16 is in use on this machine');
}

/** The name of the host's interface of a checkout's cable. */
export function hostEndOf(id: string): string {
  return `wl${id}h`;
}

function addressesInUse(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
}
