import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../../cluster/paths.ts';
import { deleteNamespace, kubectl } from '../harness/kubectl.ts';
import { startPod } from '../harness/temporary-pod.ts';

/** A pod with all of its node's files, as root. */
const intruder = {
  name: 'host-path',
  inMesh: false,
  program: 'setInterval(() => {}, 60_000)',
  hostPath: '/',
} as const;
const marker = mkdtempSync(join(tmpdir(), 'windlass-host-'));

beforeAll(() => startPod(intruder));
afterAll(async () => {
  rmSync(marker, { recursive: true });
  await deleteNamespace(intruder.name);
});

/** Runs CommonJS code in the pod, which has the node's root at /host. */
const inPod = (script: string) => kubectl('-n', intruder.name, 'exec', intruder.name, '--', 'node', '-e', script);

it("a pod that mounts its node's root sees the node and nothing of this machine", async () => {
  const paths = [root, homedir(), marker, '/etc/shadow', '/etc/ssh', '/usr/share', '/boot'];
  const script = `
    const { existsSync, readdirSync } = require('node:fs');
    const seen = ${JSON.stringify(paths)}.filter((path) => {
      try {
        return readdirSync('/host' + path).length > 0;
      } catch {
        return existsSync('/host' + path);
      }
    });
    const kubelet = existsSync('/host/var/lib/kubelet/config.yaml');
    const disks = readdirSync('/host/dev').filter((name) => /^(vd|sd|nvme|loop|mem|kvm)/.test(name));
    console.log(JSON.stringify({ seen, kubelet, disks }));
  `;
  expect(JSON.parse(await inPod(script))).toEqual({ seen: [], kubelet: true, disks: [] });
});

it.each(['shop', 'partner', 'postgres', 'observability', 'istio-system'])(
  'in %s such a pod is refused, and so is one that asks for capabilities or root',
  async (namespace) => {
    const container = { name: 'a', image: 'a' };
    const specs = [
      { containers: [container], volumes: [{ name: 'host', hostPath: { path: '/' } }] },
      { containers: [{ ...container, securityContext: { capabilities: { add: ['NET_ADMIN'] } } }] },
      { containers: [container], securityContext: { runAsUser: 0 } },
      { containers: [container], hostNetwork: true },
    ];
    for (const spec of specs) {
      const overrides = `--overrides=${JSON.stringify({ apiVersion: 'v1', spec })}`;
      const run = kubectl('-n', namespace, 'run', 'a', '--image=a', '--dry-run=server', overrides);
      await expect(run).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
    }
  },
);
