/** The Prometheus of the cluster scrapes every part, with an identity of its own, and evaluates the alert rules. */
import { afterAll, describe, expect, it } from 'vitest';
import { MONITORING_ACCOUNT } from '../../cdk8s/mesh/caller.ts';
import { openCluster } from '../harness/cluster.ts';
import { eventually } from '../harness/eventually.ts';
import { kubectl } from '../harness/kubectl.ts';
import { recordings, rules } from './monitoring/chart.ts';
import { platformMetrics, serviceMetrics, sidecarMetrics } from './monitoring/exported-metrics.ts';
import { prometheusOf } from './monitoring/prometheus-api.ts';

const cluster = openCluster();
afterAll(() => cluster.close());
const prometheus = prometheusOf(cluster);
/** A pod that has started just now is found, and scraped once, within one interval. */
const patience = { timeoutMs: 15_000, intervalMs: 1_000 };

/** The targets that there must be, as `job pod`: every pod of ours, by what it exports. */
async function expectedTargets(): Promise<readonly string[]> {
  const pods = async (job: string, namespace: string, labels: string) =>
    (await cluster.readyPods(namespace, labels)).map(({ name }) => `${job} ${name}`);
  const services = 'app,!windlass.example/command';
  const found = await Promise.all([
    pods('services', 'shop', services),
    pods('proxies', 'shop', services),
    pods('partner', 'partner', services),
    pods('proxies', 'istio-system', 'istio=ingressgateway'),
    pods('istiod', 'istio-system', 'app=istiod'),
    pods('kafka', 'shop', 'strimzi.io/name=events-kafka'),
    pods('postgres', 'postgres', 'app=postgres'),
  ]);
  expect(found.filter((each) => each.length === 0)).toEqual([]);
  return [...found.flat(), 'prometheus prometheus'].sort();
}

describe('Prometheus', () => {
  it('scrapes services, sidecars, the gateway, istiod, brokers, Postgres and itself, and each answers', async () => {
    await eventually(async () => {
      const targets = await prometheus.targets();
      const titles = targets.map(({ labels: { job, pod } }) => `${job} ${pod}`).sort();
      expect(titles).toEqual(await expectedTargets());
      expect(targets.filter(({ health }) => health !== 'up')).toEqual([]);
    }, patience);
  });

  it('has loaded every rule of the chart, and can evaluate each', async () => {
    await eventually(async () => {
      const loaded = await prometheus.rules();
      const namesOf = (type: string) => loaded.filter((rule) => rule.type === type).map(({ name }) => name);
      expect(namesOf('alerting').sort()).toEqual(rules.map(({ alert }) => alert).sort());
      expect(namesOf('recording').sort()).toEqual(recordings.map(({ record }) => record).sort());
      expect(loaded.filter(({ health }) => health !== 'ok')).toEqual([]);
    }, patience);
  });

  it('has the metrics that rules read, from the services by mTLS and from the exporters', async () => {
    // A counter that has counted nothing yet is not exported; monitoring.cluster.test.ts compares the complete list.
    const steady = Object.entries({ ...serviceMetrics, ...sidecarMetrics, ...platformMetrics }).flatMap(
      ([name, { kind }]) => (kind === 'gauge' ? [name] : []),
    );
    await eventually(
      async () => expect(await prometheus.metricNames()).toEqual(expect.arrayContaining(steady)),
      patience,
    );
    const [failed] = await prometheus.query('min(kafka_server_failed_authentications_total)');
    expect(Number(failed?.value[1])).toBeGreaterThanOrEqual(0);
    expect(await prometheus.query('windlass_outbox_depth{app="orders-worker",namespace="shop"}')).not.toEqual([]);
  });

  it('may list the pods of the namespaces that it scrapes, and nothing else', async () => {
    const { namespace, name } = MONITORING_ACCOUNT;
    const may = async (...what: string[]) =>
      (
        await kubectl('auth', 'can-i', ...what, `--as=system:serviceaccount:${namespace}:${name}`).catch(() => 'no')
      ).trim();
    for (const where of ['shop', 'partner', 'postgres', 'istio-system'])
      expect([where, await may('list', 'pods', '-n', where)]).toEqual([where, 'yes']);
    for (const what of [
      ['list', 'pods', '-n', 'kube-system'],
      ['list', 'secrets', '-n', 'shop'],
      ['delete', 'pods', '-n', 'shop'],
      ['create', 'pods/exec', '-n', 'shop'],
    ])
      expect([what, await may(...what)]).toEqual([what, 'no']);
  });
});
