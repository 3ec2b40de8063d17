import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { forwardsOf } from '../ports.ts';
import type { Ports } from '../settings.ts';

/** The folder with the patches of CPU requests, on this machine. */
export const cpuRequests = fileURLToPath(new URL('../cpu-requests', import.meta.url));
/** Where kind.yaml mounts the patches of static pods. No other cluster has such a mount. */
export const STATIC_PODS = '/static-pods';

interface KindConfig {
  readonly nodes: readonly {
    image: string;
    readonly extraMounts: readonly { hostPath: string }[];
    readonly extraPortMappings: readonly { containerPort: number; hostPort: number }[];
  }[];
}

/** kind's configuration with this checkout's host ports and folder. */
export async function kindConfig(ports: Ports, nodeImage?: string): Promise<string> {
  const config = parse(await readFile(new URL('kind.yaml', import.meta.url), 'utf8')) as KindConfig;
  const hostPorts = new Map(forwardsOf(ports).map(({ hostPort, nodePort }) => [nodePort, hostPort]));
  for (const each of config.nodes) {
    if (nodeImage) each.image = nodeImage;
    for (const mount of each.extraMounts) mount.hostPath = join(cpuRequests, 'static-pods');
    for (const mapping of each.extraPortMappings)
      mapping.hostPort = hostPorts.get(mapping.containerPort) ?? mapping.hostPort;
  }
  return stringify(config);
}

/** The image of the node in a configuration. */
export function nodeImageOf(config: string): string {
  return (parse(config) as KindConfig).nodes[0]?.image ?? '';
}
