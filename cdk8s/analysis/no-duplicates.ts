import { hostOf } from '../model/addresses.ts';
import { dependencyId, syncInteractions } from '../model/dependencies.ts';
import type { Topology } from '../model/model.ts';
import type { Problem } from '../model/problem.ts';

/** One interaction for each caller and callee, one service for each host name: of two, the mesh would heed only one. */
export function noDuplicates(topology: Topology): Problem[] {
  const dependencies = syncInteractions(topology).map((interaction) => ({
    subject: dependencyId(interaction),
    key: dependencyId(interaction),
  }));
  const hosts = Object.entries(topology.services).map(([name, service]) => ({
    subject: name,
    key: hostOf(name, service),
  }));
  return [
    ...findRepeated(dependencies).map(({ subject }) => ({
      subject,
      value: 'interactions = 2 or more',
      rule: 'no-duplicates',
      message: 'their policies would be one: put all RPCs into one interaction.',
    })),
    ...findRepeated(hosts).map(({ subject, key }) => ({
      subject,
      value: `host = ${key}`,
      rule: 'no-duplicates',
      message: 'another service has this host: one service for each is right, with all its RPCs.',
    })),
  ];
}

function findRepeated<Item extends { readonly key: string }>(items: readonly Item[]): Item[] {
  const seen = new Set<string>();
  return items.filter(({ key }) => seen.size === seen.add(key).size);
}
