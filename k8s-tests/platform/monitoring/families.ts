/** A metric as an exporter's text names it. */
export interface Family {
  readonly name: string;
  readonly kind: string;
  /** The names of the labels of all its samples. */
  readonly labels: readonly string[];
}

/** Reads Prometheus' text format as far as it is about names: `# TYPE name kind`, then the samples of it. */
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
