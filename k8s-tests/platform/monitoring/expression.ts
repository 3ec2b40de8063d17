import { parser } from '@prometheus-io/lezer-promql';

/** What a PromQL expression names. */
export interface Names {
  readonly series: readonly string[];
  readonly labels: readonly string[];
}

/** @throws Error on what is no PromQL, saying where. Grafana's interval variable stands for a duration. */
export function readNames(expression: string): Names {
  const text = expression.replaceAll('$__rate_interval', '5m');
  const series = new Set<string>();
  const labels = new Set<string>();
  parser.parse(text).iterate({
    enter({ name, type, from, to }) {
      if (type.isError) throw new Error(`no PromQL from "${text.slice(from, to + 20)}" on: ${text}`);
      if (name === 'Identifier') series.add(text.slice(from, to));
      if (name === 'LabelName') labels.add(text.slice(from, to));
    },
  });
  return { series: [...series], labels: [...labels] };
}
