import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../../cluster/paths.ts';
import { findUnknownCommands } from '../../docs/known-commands.ts';
import { countRuleTests, dashboards, recordings, rules } from './chart.ts';
import { exportedSeries, labelsOf } from './exported-metrics.ts';
import { readNames } from './expression.ts';

/** The series and labels in an expression that no service and no proxy exports, and no rule records. */
function unknownNames(expression: string): readonly string[] {
  const { series, labels, patterns } = readNames(expression);
  const matched = patterns.map((pattern) =>
    exportedSeries().filter((name) => new RegExp(`^(?:${pattern})$`).test(name)),
  );
  const known = [...series, ...matched.flat()].flatMap((name) => labelsOf(name) ?? labelsOfRecording(name) ?? []);
  return [
    ...series.filter((name) => !labelsOf(name) && !labelsOfRecording(name)),
    ...patterns.filter((_, index) => matched[index]?.length === 0),
    ...labels.filter((label) => !known.includes(label)),
  ];
}

/** The labels that the rules of this name have in their expressions or add; undefined if there is none. */
function labelsOfRecording(name: string): readonly string[] | undefined {
  const found = recordings.filter(({ record }) => record === name);
  if (found.length === 0) return undefined;
  return found.flatMap(({ expr, labels }) => [...readNames(expr).labels, ...Object.keys(labels)]);
}

test('no two alerts have the same name', () => {
  const names = rules.map(({ alert }) => alert);
  expect(names).toEqual([...new Set(names)]);
});

describe.each(rules)('the alert $alert', ({ alert, expr, annotations }) => {
  test('uses exported series and their labels only', () => {
    expect(unknownNames(expr)).toEqual([]);
    const used = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(used.filter((label) => !readNames(expr).labels.includes(label))).toEqual([]);
  });

  test('has a test in which it fires and one in which it does not', () => {
    const { firing, silent } = countRuleTests(alert);
    expect([firing > 0, silent > 0]).toEqual([true, true]);
  });

  test('links to its section of the runbook', () => {
    const runbook = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
    expect(annotations.runbook_url).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    expect(runbook.match(new RegExp(`^## ${alert}\\n\\n.{40,}`, 'm'))).not.toBeNull();
  });
});

test.each(recordings)(
  'the rule that records $record $labels uses exported series and their labels only',
  ({ expr }) => {
    expect(unknownNames(expr)).toEqual([]);
  },
);

test('every npm script and make target in the runbook exists', () => {
  const runbook = readFileSync(join(root, 'docs/runbook.md'), 'utf8');
  const commands = runbook.match(/`(make|npm run) [^`]*`/g) ?? [];
  expect(commands.length).toBeGreaterThan(20);
  expect(commands.flatMap((span) => findUnknownCommands(span.slice(1, -1)))).toEqual([]);
});

describe.each(dashboards)('the dashboard of $file', ({ file, uid, panels }) => {
  test('uses exported series and their labels only', () => {
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(expressions.flatMap(unknownNames)).toEqual([]);
  });

  test('uses only labels of its expressions in its legends', () => {
    const missing = panels.flatMap(({ title, targets }) =>
      targets.flatMap(({ expr, legendFormat }) =>
        [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)]
          .filter(([, label = '']) => !readNames(expr).labels.includes(label))
          .map(([legend]) => `${title}: ${legend}`),
      ),
    );
    expect(missing).toEqual([]);
  });

  test('has an id that its file name determines, and panels that do not overlap', () => {
    expect(uid).toBe(`windlass-${file.replace('.json', '')}`);
    const places = panels.map(({ gridPos: { x, y } }) => `${x},${y}`);
    expect(new Set(places).size).toBe(panels.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});

describe('of its statistics a proxy exports', () => {
  const { meshConfig } = parse(readFileSync(join(root, 'charts/istio/istiod.yaml'), 'utf8'));
  const patterns: string[] = meshConfig.defaultConfig.proxyStatsMatcher.inclusionRegexps;
  const isExported = (name: string) => patterns.some((pattern) => new RegExp(`^(?:${pattern})$`).test(name));

  test.each([
    'listener.0.0.0.0_15006.no_filter_chain_match',
    'listener.0.0.0.0_15006.ssl.connection_error',
    'listener.0.0.0.0_15006.ssl.fail_verify_error',
    'listener.0.0.0.0_15006.ssl.fail_verify_no_cert',
    'listener.0.0.0.0_15006.ssl.fail_verify_san',
    'listener.0.0.0.0_443.ssl.connection_error',
    'connection_limit.edge.limited_connections',
    'http.outbound_0.0.0.0_443;.downstream_rq_4xx',
    'http.outbound_0.0.0.0_80;.downstream_rq_too_large',
  ])('%s, which counts a refusal', (name) => expect(isExported(name)).toBe(true));

  test.each([
    'listener.10.0.0.1_50051.no_filter_chain_match',
    'listener.0.0.0.0_15006.ssl.handshake',
    'http.outbound_10.0.0.1_50051;.downstream_rq_4xx',
    'http.outbound_0.0.0.0_80;.downstream_rq_2xx',
  ])('not %s', (name) => expect(isExported(name)).toBe(false));
});

test('unknown metrics, unknown labels and invalid PromQL are found', () => {
  expect(unknownNames('sum by (pod) (rate(windlass_outbox_dept[5m]))')).toEqual(['windlass_outbox_dept', 'pod']);
  expect(unknownNames('windlass_orders{state="pending"}')).toEqual(['state']);
  expect(unknownNames('rate({__name__=~"envoy_vhost_.+_route_orders_PlaceOrder_upstream_rq"}[5m])')).toEqual([]);
  expect(unknownNames('{__name__=~"envoy_vhost_.+_route_orders_Gone_upstream_rq"}')).toHaveLength(1);
  expect(unknownNames('windlass_order_duration')).toEqual(['windlass_order_duration']);
  expect(() => readNames('rate(windlass_orders[5m]')).toThrow(/invalid PromQL/);
});
