/** What the running system shows and keeps about a customer. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Span } from '../../cluster/trace/trace.ts';
import { check, hasStatus } from '../harness/check.ts';
import { withDatabase } from '../harness/database.ts';
import { send } from '../harness/http.ts';
import { kubectl, runNode } from '../harness/kubectl.ts';
import { goodOrder, orderRequest, readPlaced, waitForStatus } from '../harness/order.ts';
import { useCluster } from '../harness/use-cluster.ts';

const { cluster, jaeger, admin } = useCluster();

/** A word that is in every personal value of one order, and nowhere else. */
const mark = `hidden${randomUUID().slice(0, 8)}`;
const namespaces = ['shop', 'partner', 'postgres', 'observability', 'istio-system'];
const ada = { customer: `c-${mark}` };
const address = {
  name: `Ada ${mark}`,
  street: `${mark} Street 17`,
  city: `${mark} City`,
  postalCode: mark.slice(0, 14),
  country: 'NO',
};

const isOfGateway = ({ service }: Span) => service.startsWith('istio-ingressgateway');

async function podsOf(namespace: string): Promise<string[]> {
  const { items } = await cluster.core.listNamespacedPod({ namespace });
  return items.filter(({ status }) => status?.phase === 'Running').map(({ metadata }) => metadata?.name ?? '');
}

/** The lines of all containers' logs since a time that have the word, with the container. */
async function linesWith(word: string, since: string): Promise<string[]> {
  const found = await Promise.all(
    namespaces.map(async (namespace) => {
      const pods = await podsOf(namespace);
      const logs = await Promise.all(
        pods.map((name) =>
          kubectl('-n', namespace, 'logs', name, '--all-containers', '--prefix', `--since-time=${since}`),
        ),
      );
      return logs.flatMap((log) => log.split('\n'));
    }),
  );
  return found.flat().filter((line) => line.toLowerCase().includes(word));
}

it('no log, trace or metric shows who ordered, where to, or what else they sent', async () => {
  const since = new Date(Date.now() - 1_000).toISOString();
  // The order is pending, so that its card token is stored.
  await admin('inventory').setFaults({
    match: '/windlass.inventory.v1.Inventory/Check',
    failFirst: 9,
    status: 'UNAVAILABLE',
  });
  const order = { ...goodOrder, shippingAddress: address, paymentToken: 'tok_flaky' };
  const request = orderRequest(cluster.ingressUrl, order, `key-${mark}`, ada);
  const headers = { ...request.headers, 'user-agent': `agent-${mark}`, cookie: `id=${mark}`, baggage: `id=${mark}` };
  const answer = check(
    await send({ ...request, url: `${request.url}?email=${mark}@example.org`, headers }),
    hasStatus(202),
  );
  const { orderId } = readPlaced(answer);
  await waitForStatus(cluster.ingressUrl, orderId, 'fulfilled');
  // Input that is refused, and a key that is used for another order.
  const wrong = { ...order, shippingAddress: { ...address, country: mark }, note: mark };
  await send(orderRequest(cluster.ingressUrl, wrong, randomUUID(), ada));
  await send(orderRequest(cluster.ingressUrl, goodOrder, `key-${mark}`, ada));

  const traceId = String(answer.headers.traceresponse).split('-')[1] ?? '';
  const trace = await jaeger.waitForTrace(traceId, (read) => {
    if (!read.spans.some(isOfGateway)) throw new Error('the span of the gateway is missing');
    return read;
  });
  // Envoy's own tags about the client are there, and say nothing.
  const { tags } = trace.spans.find(isOfGateway) ?? { tags: {} };
  expect(tags).toMatchObject({ 'http.url': 'withheld', user_agent: 'withheld', 'peer.address': 'withheld' });
  expect(JSON.stringify(trace).toLowerCase()).not.toContain(mark);
  const logged = await linesWith(orderId, since);
  expect(logged.length, 'the search finds what is logged').toBeGreaterThan(5);
  expect(await linesWith(mark, since)).toEqual([]);
  for (const [service, port] of [
    ['orders', 9464],
    ['orders-worker', 9464],
    ['notifications', 9464],
    ['orders', 15020],
  ] as const) {
    const script = `fetch('http://127.0.0.1:${port}${port === 9464 ? '/metrics' : '/stats/prometheus'}').then(async (answer) => console.log(await answer.text()))`;
    const metrics = await runNode('shop', service, script);
    expect(metrics.length, service).toBeGreaterThan(1_000);
    expect(metrics.toLowerCase(), service).not.toContain(mark);
  }
});

it('a card token that the saga still needs is in the database encrypted', async () => {
  await admin('payments').setFaults({
    match: '/windlass.payments.v1.Payments/Authorize',
    percent: 100,
    status: 'UNAVAILABLE',
  });
  const answer = check(await send(orderRequest(cluster.ingressUrl)), hasStatus(202));
  const { orderId } = readPlaced(answer);
  const { rows } = await withDatabase(cluster, { namespace: 'shop', name: 'orders' }, (client) =>
    client.query('SELECT payment_token FROM orders WHERE id = $1', [orderId]),
  );
  expect(rows).toEqual([{ payment_token: expect.stringMatching(/^sealed:v1:[0-9a-f]{8}:[\w-]{40,}$/) }]);
  await admin('payments').setFaults();
  await waitForStatus(cluster.ingressUrl, orderId, 'fulfilled');
});
