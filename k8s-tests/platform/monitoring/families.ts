/** A metric in an exporter's text. */
export interface Family {
  readonly name: string;
  readonly kind: string;
  /** The names of the labels of all its samples. */
  readonly labels: readonly string[];
}

/** Reads the names in Prometheus' text format: a line `# TYPE name kind`, then the samples of this metric. */
export function readFamilies(text: string): readonly Family[] {
  return text
    .split(/^# TYPE /m)
    .slice(1)
    .map((block) => {
      const [, name = '', kind = ''] = block.match(/^(\S+) (\S+)$/m) ?? [];
      const labels = [...block.matchAll(/[{,](\w+)="/g)].map(([, label = '']) => label);
      return { name, kind, labels: [...new Set(labels)] };
    });
}
