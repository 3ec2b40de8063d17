import type { ClusterProvider } from '../provider.ts';
import { kubectl } from './kubectl.ts';

interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly name: string; readonly namespace: string };
    readonly containers?: readonly { readonly name: string; readonly memory?: { readonly workingSetBytes?: number } }[];
  }[];
}

/** Memory in use by part, in MiB, largest first. `node` is the memory that belongs to no container. */
export async function memoryByPart(provider: ClusterProvider): Promise<{ part: string; mib: number }[]> {
  const { stdout: nodes } = await kubectl(['get', 'nodes', '-o', 'name']);
  const bytes = new Map<string, number>();
  for (const node of nodes.trim().split('\n')) {
    const { stdout } = await kubectl([
      'get',
      '--raw',
      `/api/v1/${node.replace('node/', 'nodes/')}/proxy/stats/summary`,
    ]);
    for (const { podRef, containers = [] } of (JSON.parse(stdout) as Summary).pods) {
      for (const { name, memory } of containers) {
        const part =
          name === 'istio-proxy' && podRef.namespace !== 'istio-system' ? 'sidecars' : `${podRef.namespace}/${name}`;
        bytes.set(part, (bytes.get(part) ?? 0) + (memory?.workingSetBytes ?? 0));
      }
    }
  }
  const total = await provider.memoryBytes();
  if (total !== undefined)
    bytes.set('node', Math.max(0, total - [...bytes.values()].reduce((sum, value) => sum + value, 0)));
  return [...bytes].map(([part, value]) => ({ part, mib: Math.round(value / 2 ** 20) })).sort((a, b) => b.mib - a.mib);
}
