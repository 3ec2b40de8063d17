import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { succeeded } from '../../harness/check.ts';
import type { Cluster } from '../../harness/cluster.ts';
import { eventually } from '../../harness/eventually.ts';
import { restartDeployment } from '../../harness/kubectl.ts';
import { Load } from '../../harness/load.ts';
import type { PodRef } from '../../harness/names.ts';
import { orderRequest, readPlaced } from '../../harness/order.ts';
import { useCluster } from '../../harness/use-cluster.ts';

const tenMinutesMs = 600_000;

/** Restarts deployments one after the other under a steady load of orders, and then checks each order's e-mails. */
export function itSurvivesRestarts(what: string, select: (cluster: Cluster) => Promise<readonly PodRef[]>): void {
  const { cluster, admin } = useCluster();

  it(
    `no request fails while ${what} restart, and no e-mail is lost or duplicated`,
    async () => {
      const targets = await select(cluster);
      // High enough that dozens of orders arrive during each restart, and low enough that two cores can also start
      // pods. A pending order counts as success, because new processes are slow at first. The end of each is checked
      // below.
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
}
