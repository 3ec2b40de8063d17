import { describe, expect, it } from 'vitest';
import { checkComplete, type Span, serviceLinks, servicePath, type Trace } from './trace.ts';
import { renderTree } from './trace-tree.ts';

const span = (
  id: string,
  parentId: string | undefined,
  service: string,
  startUs: number,
  more: Partial<Span> = {},
): Span => ({
  id,
  ...(parentId === undefined ? {} : { parentId }),
  service,
  operation: `do ${id}`,
  startUs,
  durationUs: 1_500,
  tags: {},
  ...more,
});

const trace: Trace = {
  id: 'abc',
  spans: [
    span('3', '2', 'inventory', 1_200, { tags: { error: true, response_flags: 'UT' } }),
    span('1', undefined, 'gateway', 1_000, { durationUs: 9_000 }),
    span('4', '1', 'payments', 5_000),
    span('2', '1', 'orders', 1_100),
    span('5', '4', 'payments', 5_100),
  ],
};

describe('a trace as a tree', () => {
  it('has a line for each span below its parent, in chronological order', () => {
    expect(renderTree(trace).split('\n')).toEqual([
      'trace abc: 5 spans, 9.0 ms',
      'gateway          do 1  +0.0  9.0 ms',
      '├─ orders        do 2  +0.1  1.5 ms',
      '│  └─ inventory  do 3  +0.2  1.5 ms  ERROR response_flags=UT',
      '└─ payments      do 4  +4.0  1.5 ms',
      '   └─ payments   do 5  +4.1  1.5 ms',
    ]);
  });

  it('puts a span whose parent is missing at the top level', () => {
    expect(renderTree({ id: 'abc', spans: [span('9', 'gone', 'orders', 0)] })).toContain('\norders');
  });
});

describe('a complete trace', () => {
  it('has a span of every expected service, and every parent', () => {
    expect(() => checkComplete(trace, ['gateway', 'payments'])).not.toThrow();
    expect(() => checkComplete(trace, ['acquirer'])).toThrow('no span of acquirer');
    const orphaned = { ...trace, spans: trace.spans.filter(({ id }) => id !== '2') };
    expect(() => checkComplete(orphaned, ['gateway'])).toThrow('no parent in trace abc for inventory do 3');
  });

  it('tells which services led to a span', () => {
    const last = trace.spans.find(({ id }) => id === '5');
    expect(last && servicePath(trace, last)).toEqual(['gateway', 'payments']);
  });

  it('lists each pair of linked services once, without spans within a service or without a parent', () => {
    expect(serviceLinks(trace)).toEqual(['gateway->orders', 'gateway->payments', 'orders->inventory']);
    expect(serviceLinks({ id: 'abc', spans: [span('9', 'gone', 'orders', 0)] })).toEqual([]);
  });
});
