import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { succeeded } from '../harness/check.ts';
import { eventually } from '../harness/eventually.ts';
import { restartDeployment } from '../harness/kubectl.ts';
import { Load } from '../harness/load.ts';
import { orderRequest, readPlaced } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, admin } = useCluster();

const tenMinutesMs = 600_000;

it(
  'no request fails while every deployment and the gateway are restarted, and no e-mail is lost or duplicated',
  async () => {
    const targets = [
      ...(await cluster.deployments('shop')).map((name) => ({ namespace: 'shop', name })),
      ...(await cluster.deployments('partner')).map((name) => ({ namespace: 'partner', name })),
      { namespace: 'istio-system', name: 'istio-ingressgateway' },
    ];
    // High enough that dozens of orders arrive during each restart, and low enough that two cores can also start pods.
    // A pending order counts as success, because new processes are slow at first. The end of each is checked below.
    const load = new Load({ ratePerSecond: 2, call: () => orderRequest(cluster.ingressUrl), check: succeeded });
    await sleep(2_000);
    for (const { namespace, name } of targets) await restartDeployment(namespace, name);
    await sleep(2_000);
    const { sent, answers, failures } = await load.stop();

    expect({ failed: failures.length, first: failures.slice(0, 5) }).toEqual({ failed: 0, first: [] });
    expect(answers).toHaveLength(sent);
    expect(sent, 'there was load all the time').toBeGreaterThan(targets.length * 10);

    for (const answer of answers) {
      const { orderId } = readPlaced(answer);
      const kinds = async () => (await admin('notifications').emails(orderId)).map(({ kind }) => kind);
      await eventually(async () => expect(await kinds()).toEqual(['order.placed', 'order.fulfilled']));
    }
  },
  tenMinutesMs,
);
