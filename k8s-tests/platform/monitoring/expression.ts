import { parser } from '@prometheus-io/lezer-promql';

/** The names in a PromQL expression. */
export interface Names {
  readonly series: readonly string[];
  readonly labels: readonly string[];
  /** Regular expressions that a series' whole name must match: `{__name__=~"envoy_.+"}`. */
  readonly patterns: readonly string[];
}

/**
 * Reads the names in a PromQL expression, where Grafana's interval variable stands for a duration.
 * @throws Error if the expression is invalid, with the position
 */
export function readNames(expression: string): Names {
  const text = expression.replaceAll('$__rate_interval', '5m');
  const series = new Set<string>();
  const labels = new Set<string>();
  const patterns = new Set<string>();
  parser.parse(text).iterate({
    enter({ name, type, from, to }) {
      if (type.isError) throw new Error(`invalid PromQL at "${text.slice(from, to + 20)}": ${text}`);
      if (name === 'Identifier') series.add(text.slice(from, to));
      if (name === 'UnquotedLabelMatcher') {
        const [, pattern] = /^__name__\s*=~\s*"(.*)"$/.exec(text.slice(from, to)) ?? [];
        if (pattern === undefined) return;
        patterns.add(pattern);
        return false;
      }
      if (name === 'LabelName') labels.add(text.slice(from, to));
    },
  });
  return { series: [...series], labels: [...labels], patterns: [...patterns] };
}
