import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { deleteNamespace, kubectl } from '../harness/kubectl.ts';
import { startPod } from '../harness/temporary-pod.ts';

/** Pods outside the mesh, where only kube-proxy chooses among the pods of a Service. */
const servers = {
  name: 'service-probe',
  inMesh: false,
  program: `require('node:http').createServer((_, answer) => answer.end(require('node:os').hostname())).listen(8080)`,
  pods: 2,
} as const;

beforeAll(() => startPod(servers));
afterAll(() => deleteNamespace(servers.name));

it('a Service with two pods routes to both of them', async () => {
  const script = `
    const get = () => new Promise((resolve, reject) => {
      const url = 'http://${servers.name}.${servers.name}.svc:8080/';
      require('node:http')
        .get(url, { agent: false }, (answer) => answer.setEncoding('utf8').once('data', resolve))
        .once('error', reject);
    });
    Promise.all(Array.from({ length: 40 }, get)).then((names) => console.log([...new Set(names)].sort().join()));
  `;
  const { name } = servers;
  // kube-proxy updates its rules at most once a second.
  await eventually(
    async () => {
      const reached = await kubectl('-n', name, 'exec', name, '-c', name, '--', 'node', '-e', script);
      expect(reached).toBe(`${name},${name}-2`);
    },
    { timeoutMs: 10_000 },
  );
});
