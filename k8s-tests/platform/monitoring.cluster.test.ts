/** Tests of monitoring: alerts fire when they should, the chart installs, and the metrics that they name exist. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { helm } from '../../cluster/kubernetes/kubectl.ts';
import { root } from '../../cluster/paths.ts';
import { run } from '../../cluster/run.ts';
import { tool } from '../../cluster/toolchain/tools.ts';
import { check, hasStatus } from '../harness/check.ts';
import { eventually } from '../harness/eventually.ts';
import { send } from '../harness/http.ts';
import type { PodRef } from '../harness/names.ts';
import { orderRequest } from '../harness/order.ts';
import { everyone } from '../harness/tokens.ts';
import { useCluster } from '../harness/use-cluster.ts';
import { chartFolder, dashboards, rules, ruleTestFolder } from './monitoring/chart.ts';
import {
  gatewayMetrics,
  type Metric,
  serviceMetrics,
  sidecarMetrics,
  sidecarRefusals,
} from './monitoring/exported-metrics.ts';
import { type Family, readFamilies } from './monitoring/families.ts';

const { cluster } = useCluster();

describe('promtool', () => {
  let promtool: string;
  // Its first use on a machine builds it.
  beforeAll(async () => {
    promtool = join(await tool('prometheus'), 'promtool');
  }, 900_000);

  it('accepts the rules', async () => {
    const folder = join(chartFolder, 'files/alerts');
    const files = (await readdir(folder)).map((file) => join(folder, file));
    const { stdout } = await run(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', ...files], {
      what: 'promtool check rules',
    });
    expect(stdout.match(/SUCCESS: \d+ rules found/g)).toHaveLength(files.length);
  });

  it('sees each alert fire when it should, and only then', async () => {
    const files = (await readdir(ruleTestFolder)).map((file) => join(ruleTestFolder, file));
    const { stdout } = await run(promtool, ['test', 'rules', ...files], { what: 'promtool test rules' });
    expect(stdout.match(/SUCCESS/g)).toHaveLength(files.length);
  });
});

describe('the chart', () => {
  const template = async (...flags: readonly string[]) => {
    const { stdout } = await helm(['template', 'monitoring', chartFolder, ...flags]);
    return parseAllDocuments(stdout).map((document) => document.toJS() as { kind: string; spec?: unknown });
  };

  it('passes helm lint', async () => {
    await helm(['lint', '--strict', chartFolder]);
  });

  it('renders the same rules as PrometheusRules, with the configured URL of the runbook', async () => {
    const flags = ['--set', 'prometheusRule=true', '--set', 'runbookUrl=https://docs.example/runbook'];
    const specs = (await template(...flags)).filter(({ kind }) => kind === 'PrometheusRule').map(({ spec }) => spec);
    const text = JSON.stringify(specs);
    expect(text.match(/"alert":/g)).toHaveLength(rules.length);
    expect(text.match(/"https:\/\/docs\.example\/runbook#\w+"/g)).toHaveLength(rules.length);
  });

  it('is installed: rules as files, each dashboard where Grafana looks for it', async () => {
    const list = { namespace: 'observability', labelSelector: 'app=monitoring' };
    const { items } = await cluster.core.listNamespacedConfigMap(list);
    const alerts = items.find(({ metadata }) => metadata?.name === 'alerts');
    expect(
      Object.values(alerts?.data ?? {})
        .join('')
        .match(/- alert:/g),
    ).toHaveLength(rules.length);
    const found = items.filter(({ metadata }) => metadata?.labels?.grafana_dashboard === '1');
    expect(found.flatMap(({ data }) => Object.keys(data ?? {})).sort()).toEqual(
      dashboards.map(({ file }) => file).sort(),
    );
  });
});

/**
 * Reads a pod's metrics through a port-forward, which connects inside the pod's network namespace. From outside the
 * pod, the sidecar accepts only mTLS on the metrics port, and this process has no certificate of the mesh.
 */
async function scrape(pod: PodRef, port: number, path: string): Promise<string> {
  const forwarded = await cluster.forwards.open(pod, port);
  return check(await send({ url: `http://127.0.0.1:${forwarded}${path}` }), hasStatus(200)).text;
}

async function scrapeServices(): Promise<readonly Family[]> {
  const pods = (await cluster.readyPods('shop', 'app')).filter(isOurs);
  return (await Promise.all(pods.map((pod) => scrape(pod, 9464, '/metrics')))).flatMap(readFamilies);
}

/** Whether a pod belongs to a service and not to Kafka or its operator. */
const isOurs = ({ name }: PodRef): boolean => !name.startsWith('events-') && !name.startsWith('strimzi');

/** The differences between the exported families and the list of metrics. */
function compare(families: readonly Family[], metrics: Readonly<Record<string, Metric>>) {
  return Object.entries(metrics).flatMap(([name, { kind, labels }]) => {
    const found = families.filter((family) => family.name === name);
    if (found.length === 0) return name in rare ? [] : [`${name} is not exported`];
    const known: readonly string[] = labels;
    const samples = found.flatMap((family) => family.labels);
    return [
      ...found.filter((family) => family.kind !== kind).map((family) => `${name} is a ${family.kind}, not a ${kind}`),
      ...known
        .filter((label) => !optional.has(label) && !samples.includes(label))
        .map((label) => `${name} lacks ${label}`),
    ];
  });
}

/** Labels that exist only after a handler failed. */
const optional = new Set(['error_type']);

/** Counters that are not exported before their first count. Instead, the services' source must contain their name. */
const rare: Readonly<Record<string, string>> = {
  windlass_dead_letters_total: 'windlass.dead_letters',
  windlass_message_redeliveries_total: 'windlass.message.redeliveries',
  windlass_saga_step_failures_total: 'windlass.saga.step.failures',
};

describe('the metrics of rules and dashboards', () => {
  it('are exported by the services', async () => {
    check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201));
    await eventually(async () => expect(compare(await scrapeServices(), serviceMetrics)).toEqual([]), {
      timeoutMs: 30_000,
    });
  });

  it.each(Object.values(rare))('%s is in the source of the services even before its first count', async (name) => {
    const services = join(root, 'services');
    const files = (await readdir(services, { recursive: true })).filter((file) => /(?<!\.test)\.ts$/.test(file));
    const sources = await Promise.all(files.map((file) => readFile(join(services, file), 'utf8')));
    expect(sources.some((source) => source.includes(`'${name}'`))).toBe(true);
  });

  it('are exported by the sidecars for each host that they call', async () => {
    const pods = await cluster.readyPods('shop', 'app=orders-worker');
    expect(pods).not.toEqual([]);
    for (const text of await Promise.all(pods.map((pod) => scrape(pod, 15000, '/stats/prometheus')))) {
      expect(compare(readFamilies(text), { ...sidecarMetrics, ...sidecarRefusals })).toEqual([]);
      for (const host of ['inventory', 'payments']) {
        const labels = `{cluster_name="outbound|50051||${host}.shop.svc.cluster.local"}`;
        for (const name of Object.keys(sidecarMetrics)) expect(text).toContain(`\n${name}${labels}`);
      }
    }
  });

  it('are exported by the gateway for each route with an SLO, with the failures that it answers itself', async () => {
    const [pod] = await cluster.readyPods('istio-system', 'istio=ingressgateway');
    if (pod === undefined) throw new Error('no ready pod of the gateway');
    const get = (path: string) => send({ url: `${cluster.ingressUrl}${path}`, as: everyone });
    check(await send(orderRequest(cluster.ingressUrl)), hasStatus(201));
    for (const path of ['/v1/orders/none', '/v1/openapi.json', '/v2/orders', '/v1/stats']) await get(path);
    // Envoy adds up its histograms every five seconds.
    await eventually(
      async () => {
        const families = readFamilies(await scrape(pod, 15000, '/stats/prometheus'));
        expect(compare(families, gatewayMetrics)).toEqual([]);
      },
      { timeoutMs: 30_000 },
    );
  });
});
