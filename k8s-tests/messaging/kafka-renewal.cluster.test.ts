import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { issue } from '../../cluster/native/strimzi-standin/certificates/certificate.ts';
import { check, succeeded } from '../harness/check.ts';
import { eventually } from '../harness/eventually.ts';
import { send } from '../harness/http.ts';
import { brokerPods, hostOf, readIdentity } from '../harness/kafka-client.ts';
import { kubectl } from '../harness/kubectl.ts';
import { orderRequest, readPlaced, waitForStatus } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { connectTo, grantedRights } from './kafka-rights.ts';

const { cluster } = useCluster();

/** The services whose certificates expire: the producer of all orders' events, and one of their consumers. */
const users = ['orders-worker', 'notifications'];
/** Long enough for the kubelet to bring the certificate into the pods, and for the broker to restart. */
const shortLifeMs = 240_000;
/** The kubelet looks at Secrets about once a minute. */
const mounting = { timeoutMs: 150_000, intervalMs: 2_000 };
const paused = 'strimzi.io/pause-reconciliation';

it('certificates are renewed and the old ones expire while orders flow; no order is lost and no pod restarts', async () => {
  const podsBefore = await readPods();
  const orders = startOrders();
  try {
    for (const user of users) await kubectl('-n', 'shop', 'annotate', 'kafkauser', user, `${paused}=true`);
    const expiresAt = Date.now() + shortLifeMs;
    const short = await Promise.all(users.map((user) => replaceCertificate(user, shortLifeMs)));
    await Promise.all(users.map((user, index) => eventually(() => expectMounted(user, short[index]), mounting)));
    await restartBroker();
    expect(Date.now(), 'the short-lived certificates were in use before they expired').toBeLessThan(expiresAt);

    for (const user of users) await kubectl('-n', 'shop', 'annotate', 'kafkauser', user, `${paused}-`);
    const renewed = await Promise.all(
      users.map((user, index) =>
        eventually(async () => {
          const { cert } = await readIdentity(cluster, user);
          expect(cert).not.toBe(short[index]?.cert);
          expect(Date.parse(new X509Certificate(cert).validTo)).toBeGreaterThan(Date.now() + 300 * 86_400_000);
          return { cert };
        }),
      ),
    );
    await Promise.all(users.map((user, index) => eventually(() => expectMounted(user, renewed[index]), mounting)));
    await sleep(Math.max(0, expiresAt - Date.now()) + 2_000);
    for (const pair of short) await expect(connectWith(pair)).rejects.toThrow();
    await restartBroker();
  } finally {
    for (const user of users) await kubectl('-n', 'shop', 'annotate', 'kafkauser', user, `${paused}-`);
  }
  const placed = await orders.stop();
  console.log(`${placed.length} orders while the certificates of ${users.join(' and ')} were renewed`);
  expect(placed.length).toBeGreaterThan(60);
  for (const id of placed) await waitForStatus(cluster.ingressUrl, id, 'fulfilled', { timeoutMs: 120_000 });
  expect(await readPods()).toEqual(podsBefore);
}, 900_000);

/** Places an order every two seconds. @returns stops, with the ids of the orders that were accepted */
function startOrders(): { stop(): Promise<readonly string[]> } {
  const stopping = new AbortController();
  const ids: string[] = [];
  const placing = (async () => {
    while (!stopping.signal.aborted) {
      const answer = await send(orderRequest(cluster.ingressUrl));
      ids.push(readPlaced(check(answer, succeeded)).orderId);
      await sleep(2_000, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  placing.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await placing;
      return ids;
    },
  };
}

/** Puts a certificate that expires soon into a user's Secret, signed by the authority of clients. */
async function replaceCertificate(user: string, lifeMs: number) {
  const read = async (name: string, key: string): Promise<string> => {
    const { data } = await cluster.core.readNamespacedSecret({ namespace: 'shop', name });
    return Buffer.from(data?.[key] ?? '', 'base64').toString();
  };
  const authority = {
    cert: await read('events-clients-ca-cert', 'ca.crt'),
    key: await read('events-clients-ca', 'ca.key'),
  };
  const pair = await issue(authority, { commonName: user }, { validityDays: lifeMs / 86_400_000, renewalDays: 0 });
  const encode = (text: string) => Buffer.from(text).toString('base64');
  const data = { 'user.crt': encode(pair.cert), 'user.key': encode(pair.key) };
  await kubectl('-n', 'shop', 'patch', 'secret', user, '--type', 'merge', '-p', JSON.stringify({ data }));
  return pair;
}

async function expectMounted(user: string, pair: { readonly cert: string } | undefined): Promise<void> {
  const mounted = await kubectl(
    '-n',
    'shop',
    'exec',
    `deploy/${user}`,
    '-c',
    user,
    '--',
    'cat',
    '/etc/kafka/user/user.crt',
  );
  expect(mounted.trim()).toBe(pair?.cert.trim());
}

/** All clients have to connect again. */
async function restartBroker(): Promise<void> {
  const [pod] = await brokerPods(cluster);
  await kubectl('-n', 'shop', 'delete', 'pod', pod?.name ?? '');
  await eventually(() => brokerPods(cluster), { timeoutMs: 120_000, intervalMs: 1_000 });
}

async function connectWith({ cert, key }: { readonly cert: string; readonly key: string }): Promise<unknown> {
  const [pod] = await brokerPods(cluster);
  if (pod === undefined) throw new Error('no broker');
  const { ca } = await readIdentity(cluster, 'orders-worker');
  const target = { host: '127.0.0.1', port: await cluster.forwards.open(pod, 9093), servername: hostOf(pod) };
  return grantedRights(await connectTo(target, { ca, cert, key }));
}

/** The pods of the services, with how often their containers were started again. */
async function readPods(): Promise<readonly string[]> {
  const { items } = await cluster.core.listNamespacedPod({
    namespace: 'shop',
    labelSelector: `app in (${users.join()})`,
  });
  return items
    .map(({ metadata, status }) => {
      const restarts = status?.containerStatuses?.map(({ restartCount }) => restartCount);
      return `${metadata?.name}: ${restarts?.join()}`;
    })
    .sort();
}
