import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { programPath } from '../../cluster/kubernetes/kubectl.ts';
import { kubeconfigPath } from '../../cluster/state.ts';
import { check, hasStatus } from '../harness/check.ts';
import { eventually } from '../harness/eventually.ts';
import { send, traceIdOf } from '../harness/http.ts';
import { kubectl, runNode, scaleDeployment } from '../harness/kubectl.ts';
import { orderRequest } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster } = useCluster();

const placeOrder = async () => check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201));

describe('kubectl', () => {
  it('logs shows what a service wrote about a request, by its trace id', async () => {
    const traceId = traceIdOf(await placeOrder());
    await eventually(async () => {
      expect(await kubectl('-n', 'shop', 'logs', 'deploy/orders', '-c', 'orders', '--tail=200')).toContain(traceId);
    });
  });

  it('exec runs a program in a pod', async () => {
    expect(await runNode('shop', 'orders', 'console.log(6 * 7)')).toBe('42');
  });

  it('port-forward reaches a port of a pod', async () => {
    const args = ['-n', 'shop', 'port-forward', 'deploy/orders', ':9901'];
    const forward = execa(programPath('kubectl'), args, { env: { KUBECONFIG: kubeconfigPath() }, reject: false });
    let status: number | undefined;
    try {
      for await (const line of forward) {
        const port = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port === undefined) continue;
        status = (await send({ url: `http://127.0.0.1:${port}/livez` })).status;
        forward.kill();
      }
    } finally {
      forward.kill();
      await forward;
    }
    expect(status).toBe(200);
  });

  it('delete pod is followed by a new pod that serves', async () => {
    const before = await cluster.onlyPod('shop', 'app=payments');
    await kubectl('-n', 'shop', 'delete', 'pod', before.name);
    const after = await eventually(() => cluster.onlyPod('shop', 'app=payments'), { timeoutMs: 60_000 });
    expect(after.name).not.toBe(before.name);
    await eventually(placeOrder);
  });
});

describe('kubectl scale', () => {
  const scaleTo = (replicas: number): Promise<void> =>
    scaleDeployment(cluster, { namespace: 'shop', name: 'inventory' }, replicas);
  afterEach(() => scaleTo(1));

  it('adds a pod, which gets its share of the calls, and removes it again', async () => {
    await scaleTo(2);
    const countsOf = async (pod: string): Promise<string> =>
      kubectl(
        '-n',
        'shop',
        'exec',
        pod,
        '-c',
        'inventory',
        '--',
        'node',
        '-e',
        `fetch('http://127.0.0.1:9901/hits').then((answer) => answer.text()).then(console.log)`,
      );
    await eventually(async () => {
      for (let i = 0; i < 5; i++) await placeOrder();
      for (const { name } of await cluster.readyPods('shop', 'app=inventory')) {
        expect(await countsOf(name), name).toContain('Check');
      }
    });
    await scaleTo(1);
    await placeOrder();
  });
});
