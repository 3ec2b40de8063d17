import { hasFailed, type Span, type Trace } from './trace.ts';

interface TreeRow {
  /** The branches of the tree, and the service. */
  readonly label: string;
  readonly operation: string;
  readonly offset: string;
  readonly duration: string;
  readonly error: string;
}

/**
 * A trace as a tree of text. Each span is a line with its service, its operation, its start after that of the trace,
 * its duration (both in ms), and its error if it failed. A span whose parent is missing is at the top level.
 */
export function renderTree(trace: Trace): string {
  const startUs = Math.min(...trace.spans.map((span) => span.startUs));
  const endUs = Math.max(...trace.spans.map((span) => span.startUs + span.durationUs));
  const rows = rootsOf(trace).flatMap((root) => rowsOf(trace, root, startUs, '', ''));
  const heading = `trace ${trace.id}: ${trace.spans.length} spans, ${formatMs(endUs - startUs)} ms`;
  return [heading, ...align(rows)].join('\n');
}

function rowsOf(trace: Trace, span: Span, startUs: number, branch: string, indent: string): readonly TreeRow[] {
  const row = {
    label: `${branch}${span.service}`,
    operation: span.operation,
    offset: `+${formatMs(span.startUs - startUs)}`,
    duration: formatMs(span.durationUs),
    error: hasFailed(span) ? `ERROR ${reasonOf(span)}`.trimEnd() : '',
  };
  const children = childrenOf(trace, span);
  const below = children.flatMap((child, index) => {
    const last = index === children.length - 1;
    return rowsOf(trace, child, startUs, `${indent}${last ? '└─ ' : '├─ '}`, `${indent}${last ? '   ' : '│  '}`);
  });
  return [row, ...below];
}

function rootsOf({ spans }: Trace): readonly Span[] {
  const ids = new Set(spans.map(({ id }) => id));
  return spans.filter(({ parentId }) => parentId === undefined || !ids.has(parentId)).toSorted(byStart);
}

function childrenOf({ spans }: Trace, parent: Span): readonly Span[] {
  return spans.filter(({ parentId }) => parentId === parent.id).toSorted(byStart);
}

const byStart = (left: Span, right: Span): number => left.startUs - right.startUs;

/**
 * The tags that say most about a failure: Envoy's response flags, a status message, a gRPC or HTTP status; two at most.
 */
function reasonOf({ tags }: Span): string {
  const named = [
    'response_flags',
    'otel.status_description',
    'grpc.status_code',
    'rpc.grpc.status_code',
    'http.status_code',
  ];
  return named
    .filter((name) => tags[name] !== undefined && tags[name] !== '-' && tags[name] !== '')
    .slice(0, 2)
    .map((name) => `${name.replace(/^otel\./, '')}=${tags[name]}`)
    .join(' ');
}

const formatMs = (us: number): string => (us / 1_000).toFixed(1);

function align(rows: readonly TreeRow[]): readonly string[] {
  const widest = (of: (row: TreeRow) => string): number => Math.max(...rows.map((row) => of(row).length));
  const label = widest((row) => row.label);
  const operation = widest((row) => row.operation);
  const offset = widest((row) => row.offset);
  const duration = widest((row) => row.duration);
  return rows.map((row) =>
    [
      row.label.padEnd(label),
      row.operation.padEnd(operation),
      row.offset.padStart(offset),
      `${row.duration.padStart(duration)} ms`,
      row.error,
    ]
      .join('  ')
      .trimEnd(),
  );
}
