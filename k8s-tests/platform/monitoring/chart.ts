import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../../../cluster/paths.ts';

export const chartFolder = join(root, 'charts/monitoring');
export const ruleTestFolder = join(chartFolder, 'tests');

const ruleSchema = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({ summary: z.string(), runbook_url: z.string() }),
});
const recordingSchema = z.strictObject({
  record: z.string(),
  expr: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
});
const rulesSchema = z.object({
  groups: z.array(z.object({ name: z.string(), rules: z.array(z.union([ruleSchema, recordingSchema])) })),
});

const ruleTestsSchema = z.object({
  rule_files: z.array(z.string()),
  tests: z.array(
    z.object({ alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })) }),
  ),
});

const dashboardSchema = z.object({
  uid: z.string(),
  title: z.string(),
  panels: z.array(
    z.object({
      id: z.int(),
      title: z.string(),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      targets: z.array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() })),
    }),
  ),
});

/** A rule that alerts. */
export type Rule = z.output<typeof ruleSchema>;
/** A rule that records a series. */
export type Recording = z.output<typeof recordingSchema>;

const read = (folder: string) =>
  readdirSync(join(chartFolder, folder)).map((file) => ({
    file,
    text: readFileSync(join(chartFolder, folder, file), 'utf8'),
  }));

const allRules = read('files/alerts').flatMap(({ text }) =>
  rulesSchema.parse(parse(text)).groups.flatMap((group) => group.rules),
);
export const rules: readonly Rule[] = allRules.filter((rule) => 'alert' in rule);
export const recordings: readonly Recording[] = allRules.filter((rule) => 'record' in rule);

export const dashboards = read('files/dashboards').map(({ file, text }) => ({
  file,
  ...dashboardSchema.parse(JSON.parse(text)),
}));

/** How many tests of the rules expect an alert to fire, and how many expect it not to fire. */
export function countRuleTests(alert: string): { firing: number; silent: number } {
  const cases = read('tests')
    .flatMap(({ text }) => ruleTestsSchema.parse(parse(text)).tests)
    .flatMap((test) => test.alert_rule_test)
    .filter(({ alertname }) => alertname === alert);
  const firing = cases.filter(({ exp_alerts }) => exp_alerts.length > 0).length;
  return { firing, silent: cases.length - firing };
}
