import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { generate } from 'selfsigned';
import { afterAll, beforeAll } from 'vitest';
import type { ServiceAccount } from '../../cdk8s/mesh/caller.ts';
import { PORTS } from '../../cdk8s/model/addresses.ts';
import type { Topology } from '../../cdk8s/model/topology.ts';
import { apply, programPath } from '../../cluster/kubernetes/kubectl.ts';
import { toStream } from '../../cluster/kubernetes/objects.ts';
import { kubeconfigPath } from '../../cluster/state.ts';
import type { Cluster } from '../harness/cluster.ts';
import { deleteNamespace, kubectl } from '../harness/kubectl.ts';
import { useOpenNetwork } from '../harness/open-network.ts';
import { startPod, type TemporaryPod } from '../harness/temporary-pod.ts';
import { issueCertificates } from './mesh-certificate.ts';
import type { ProbeInput, ProbeResult } from './probe-program.ts';
import { accountsOf, type Cell, ELSEWHERE, type WITHOUT_IDENTITY } from './service-matrix.ts';

/** Calls services with any identity, from a pod that has no sidecar. */
interface Prober {
  /** The cells that are not as they must be, for people; empty if all are. */
  findWrong(cells: readonly Cell[]): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** The partner's pod: it has Node, and no sidecar that could refuse a call before the callee does. */
const FROM = ['-n', 'partner', 'exec', '-i', 'deploy/acquirer', '-c', 'acquirer', '--'];

/**
 * A prober while a file's tests run. Below the mesh every connection is open then, so that the mesh causes each refusal.
 */
export function useProber(cluster: Cluster, topology: Topology): () => Prober {
  useOpenNetwork(['shop', 'partner']);
  let prober: Prober | undefined;
  beforeAll(async () => {
    prober = await startProber(cluster, topology);
  });
  afterAll(() => prober?.remove());
  return () => {
    if (!prober) throw new Error('the prober starts with the tests of its file');
    return prober;
  };
}

/** A workload that no topology knows. */
const unknown: TemporaryPod = {
  name: ELSEWHERE,
  inMesh: true,
  program: `require('node:http').createServer((_, response) => response.end()).listen(${PORTS.http})`,
};

/** Starts the workload elsewhere, makes the accounts that do not exist, and gets a certificate for each account. */
async function startProber(cluster: Cluster, topology: Topology): Promise<Prober> {
  await startPod(unknown);
  const accounts = accountsOf(topology);
  const missing = await addAccounts(cluster, [...accounts.values()]);
  const issued = await issueCertificates(cluster, [...accounts.values()]);
  const credentials: ProbeInput['credentials'] = {
    ...Object.fromEntries([...accounts.keys()].map((name, index) => [name, issued[index] ?? {}])),
    ['no certificate' satisfies (typeof WITHOUT_IDENTITY)[number]]: {},
    ['another authority' satisfies (typeof WITHOUT_IDENTITY)[number]]: await forge(
      'spiffe://cluster.local/ns/shop/sa/orders',
    ),
  };
  const program = await readFile(join(import.meta.dirname, 'probe-program.ts'), 'utf8');
  return {
    async findWrong(cells) {
      const callees = [...new Set(cells.map(({ callee }) => callee))];
      const addresses = new Map(
        await Promise.all(
          callees.map(
            async (callee) =>
              [
                callee,
                await cluster.addressOf(topology.services[callee]?.namespace ?? callee, `app=${callee}`),
              ] as const,
          ),
        ),
      );
      const probes = cells.map(({ callee, ...probe }) => ({ ...probe, address: addresses.get(callee) ?? '' }));
      const input = JSON.stringify({ credentials, probes } satisfies ProbeInput);
      const node = ['node', '--input-type=module-typescript', '--eval', program];
      const env = { KUBECONFIG: kubeconfigPath() };
      const { stdout } = await execa(programPath('kubectl'), [...FROM, ...node], { input, env, timeout: 100_000 });
      const results = JSON.parse(stdout) as ProbeResult[];
      return cells.flatMap(({ callee, port, method, path, credential, expected }, index) => {
        const result = results[index];
        return result === expected
          ? []
          : [`${credential} -> ${callee}:${port} ${method} ${path}: ${result}, not ${expected}`];
      });
    },
    async remove() {
      await deleteNamespace(unknown.name);
      for (const { namespace, name } of missing.filter(({ namespace }) => namespace !== ELSEWHERE))
        await kubectl('-n', namespace, 'delete', 'serviceaccount', name, '--ignore-not-found');
    },
  };
}

async function addAccounts(cluster: Cluster, accounts: readonly ServiceAccount[]): Promise<ServiceAccount[]> {
  const { items } = await cluster.core.listServiceAccountForAllNamespaces();
  const existing = new Set(items.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`));
  const missing = accounts.filter(({ namespace, name }) => !existing.has(`${namespace}/${name}`));
  const objects = missing.map((metadata) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }));
  if (objects.length > 0) await apply(toStream(objects), 'accounts of the matrix');
  return missing;
}

/** A certificate for that identity, signed by itself. */
async function forge(identity: string): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'forged' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 6, value: identity }] }],
  });
  return { cert, key };
}
