import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';

/** The files of a Helm chart, by path in its folder. */
export type ChartFiles = Readonly<Record<string, string>>;

type Row = Record<string, unknown>;

/** One part of the objects per iteration of a `range`; undefined in iterations that lack it. */
type Column<T = unknown> = readonly (T | undefined)[];

/**
 * Creates a chart that renders these objects and looks hand-written: one template per kind, which ranges over its part
 * of the values. Content that all objects of a kind share is text of the template. Every difference is a value, stated
 * once.
 */
export function chartOf(objects: readonly { readonly kind: string }[]): ChartFiles {
  const parts = Object.entries(Object.groupBy(objects, ({ kind }) => kind)).map(([kind, same = []]) => {
    const scope = new Scope(same.length);
    return { kind, lines: renderBlock(same, '', scope), rows: scope.rows };
  });
  return {
    'Chart.yaml': toYaml({ apiVersion: 'v2', name: 'equal', version: '0.0.0' }),
    'values.yaml': toYaml(Object.fromEntries(parts.map(({ kind, rows }) => [kind, rows]))),
    ...Object.fromEntries(
      parts.map(({ kind, lines }) => [
        `templates/${kind}.yaml`,
        [`{{- range .Values.${kind} }}`, '---', ...lines, '{{- end }}', ''].join('\n'),
      ]),
    ),
  };
}

/** The values of `.` inside one `range`: one row per iteration. */
class Scope {
  readonly rows: readonly Row[];
  private readonly names = new Map<string, string>();

  constructor(turns: number) {
    this.rows = Array.from({ length: turns }, () => ({}));
  }

  /** The name of the value that is `column[n]` in iteration n. */
  add(column: Column): string {
    const key = JSON.stringify(column.map((value) => value ?? null));
    const known = this.names.get(key);
    if (known) return known;
    const name = `value${this.names.size}`;
    this.names.set(key, name);
    for (const [turn, row] of this.rows.entries()) if (column[turn] !== undefined) row[name] = column[turn];
    return name;
  }
}

function renderBlock(column: Column, indent: string, scope: Scope): string[] {
  const given = present(column);
  if (allEqual(given)) return indented(toYaml(given[0]), indent);
  if (given.every(Array.isArray)) return renderList(column as Column<unknown[]>, indent, scope);
  if (given.every((value) => typeof value === 'object')) return renderMap(column as Column<Row>, indent, scope);
  return [`${indent}${renderScalar(column, scope)}`];
}

/** Sorts keys that always exist first, because the dash of a list item must precede one of them. */
function renderMap(column: Column<Row>, indent: string, scope: Scope): string[] {
  const given = present(column);
  const keys = [...new Set(given.flatMap(Object.keys))].map((key) => ({
    key,
    always: given.every((value) => key in value),
    values: column.map((value) => value?.[key]),
  }));
  return keys
    .toSorted((a, b) => Number(b.always) - Number(a.always))
    .flatMap(({ key, always, values }) => {
      const lines = renderEntry(key, values, indent, scope);
      if (always) return lines;
      return [`{{- if .${scope.add(values.map((value) => value !== undefined))} }}`, ...lines, '{{- end }}'];
    });
}

function renderEntry(key: string, column: Column, indent: string, scope: Scope): string[] {
  const given = present(column);
  if (allEqual(given)) return indented(toYaml({ [key]: given[0] }), indent);
  const name = `${indent}${toYaml(key).trimEnd()}:`;
  if (!given.every((value) => typeof value === 'object')) return [`${name} ${renderScalar(column, scope)}`];
  const empty = given.find(isEmpty);
  if (empty) {
    const full = column.map((value) => (isEmpty(value) ? undefined : value));
    const isFull = scope.add(full.map((value) => value !== undefined));
    const otherwise = ['{{- else }}', `${name} ${JSON.stringify(empty)}`, '{{- end }}'];
    return [`{{- if .${isFull} }}`, ...renderEntry(key, full, indent, scope), ...otherwise];
  }
  return [name, ...renderBlock(column, `${indent}  `, scope)];
}

/** Writes items that all lists start or end with as text. A `range` covers only the others. */
function renderList(column: Column<unknown[]>, indent: string, scope: Scope): string[] {
  const given = present(column);
  const shortest = Math.min(...given.map((list) => list.length));
  const sameLength = given.every((list) => list.length === shortest);
  const head = sameLength ? shortest : countAlike(given, shortest, 0, 1);
  const tail = countAlike(given, shortest - head, -1, -1);
  const itemAt = (index: number) =>
    renderItem(
      column.map((list) => list?.at(index)),
      indent,
      scope,
    );

  const between = column.map((list) => list?.slice(head, list.length - tail));
  const inner = new Scope(between.reduce((sum, list) => sum + (list?.length ?? 0), 0));
  const lines = renderItem(
    between.flatMap((list) => list ?? []),
    indent,
    inner,
  );
  let next = 0;
  const rows = between.map((list) => list?.map(() => inner.rows[next++]));
  return [
    ...range(0, head).flatMap(itemAt),
    ...(sameLength ? [] : [`{{- range .${scope.add(rows)} }}`, ...lines, '{{- end }}']),
    ...range(-tail, 0).flatMap(itemAt),
  ];
}

/** Counts the items, from one end, that have the same name and keys in all lists. */
function countAlike(lists: readonly (readonly unknown[])[], most: number, from: number, step: number): number {
  const kindOf = (item: unknown) =>
    item && typeof item === 'object' ? JSON.stringify([Object.keys(item), 'name' in item && item.name]) : item;
  const alike = (index: number) => new Set(lists.map((list) => kindOf(list.at(index)))).size === 1;
  let count = 0;
  while (count < most && alike(from + step * count)) count++;
  return count;
}

function renderItem(column: Column, indent: string, scope: Scope): string[] {
  if (present(column).length === 0) return [];
  const [first = '', ...rest] = renderBlock(column, `${indent}  `, scope);
  return [`${indent}- ${first.trimStart()}`, ...rest];
}

/** Writes the common prefix and suffix of a string as text of the template. */
function renderScalar(column: Column, scope: Scope): string {
  const given = present(column);
  if (!given.every((value) => typeof value === 'string' && /^[\w./:*-]+$/.test(value))) {
    return `{{ .${scope.add(column)} | toJson }}`;
  }
  const strings = given as string[];
  const start = commonStart(strings);
  const end = commonStart(strings.map((value) => reverse(value.slice(start.length))));
  const middle = column.map((value) => (value as string | undefined)?.slice(start.length, -end.length || undefined));
  return `"${start}{{ .${scope.add(middle)} }}${reverse(end)}"`;
}

function commonStart([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}

function reverse(text: string): string {
  return [...text].toReversed().join('');
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function present<T>(column: Column<T>): T[] {
  return column.filter((value) => value !== undefined);
}

function allEqual(values: readonly unknown[]): boolean {
  return values.every((value) => isDeepStrictEqual(value, values[0]));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function indented(text: string, indent: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => indent + line);
}

/** Quotes words such as `off`, because Helm reads YAML 1.1, where an unquoted `off` is false. */
function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false });
}
