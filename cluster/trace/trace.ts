/** A span. Its times are in microseconds, as in Jaeger. */
export interface Span {
  readonly id: string;
  readonly parentId?: string;
  readonly service: string;
  readonly operation: string;
  /** Since the Unix epoch. */
  readonly startUs: number;
  readonly durationUs: number;
  readonly tags: Readonly<Record<string, unknown>>;
}

export interface Trace {
  readonly id: string;
  readonly spans: readonly Span[];
}

/**
 * Returns the trace.
 * @throws Error unless each of the services has a span in it and the parent of every span but the root is there
 */
export function checkComplete(trace: Trace, services: readonly string[]): Trace {
  const present = new Set(trace.spans.map(({ service }) => service));
  const missing = services.filter((service) => !present.has(service));
  if (missing.length > 0)
    throw new Error(`no span of ${missing.join(', ')} in trace ${trace.id}, only of ${[...present]}`);
  const orphans = findOrphans(trace);
  if (orphans.length > 0) {
    throw new Error(`no parent in trace ${trace.id} for ${orphans.map((span) => `${span.service} ${span.operation}`)}`);
  }
  return trace;
}

/** The spans whose parent is not in the trace, because it was not sent yet or never will be. */
export function findOrphans({ spans }: Trace): readonly Span[] {
  const ids = new Set(spans.map(({ id }) => id));
  return spans.filter(({ parentId }) => parentId !== undefined && !ids.has(parentId));
}

/** The services on the way from the root to the span. Consecutive spans of a service count once. */
export function servicePath({ spans }: Trace, span: Span): readonly string[] {
  const byId = new Map(spans.map((each) => [each.id, each]));
  const path: string[] = [];
  for (let at: Span | undefined = span; at !== undefined; at = byId.get(at.parentId ?? '')) {
    if (path[0] !== at.service) path.unshift(at.service);
  }
  return path;
}

/**
 * Which service led to which, as `orders->orders-worker`, sorted: one pair for spans whose parent belongs to another
 * service. A service's sidecar counts as a service of its own, such as `orders.shop`.
 */
export function serviceLinks({ spans }: Trace): readonly string[] {
  const byId = new Map(spans.map((each) => [each.id, each]));
  const links = spans.flatMap(({ parentId, service }) => {
    const parent = byId.get(parentId ?? '');
    return parent === undefined || parent.service === service ? [] : [`${parent.service}->${service}`];
  });
  return [...new Set(links)].sort();
}

/** Whether the span has OpenTelemetry's status ERROR, as Jaeger or as Envoy marks it. */
export function hasFailed({ tags }: Span): boolean {
  return tags.error === true || tags.error === 'true' || tags['otel.status_code'] === 'ERROR';
}
