import { describe, expect, test } from 'vitest';
import { environments } from '../environments.ts';
import { environmentsFit } from './environments.ts';

type Changes = Partial<Record<'service' | 'sidecar' | 'kafka', object>> & Record<string, unknown>;

/** Prod with some of its numbers replaced. */
function problemsOf({ service, sidecar, kafka, ...change }: Changes) {
  const { prod } = environments;
  return environmentsFit({
    prod: {
      ...prod,
      ...change,
      service: { ...prod.service, ...service },
      sidecar: { ...prod.sidecar, ...sidecar },
      kafka: { ...prod.kafka, ...kafka },
    },
  });
}
const valuesOf = (changes: Changes) => problemsOf(changes).map(({ value }) => value);

test('our environments have no problem', () => {
  expect(environmentsFit(environments)).toEqual([]);
});

test('a problem states the environment, the wrong value and the right ones', () => {
  expect(problemsOf({ maxUnavailable: -1 })).toEqual([
    {
      subject: 'environments.prod',
      value: 'maxUnavailable = -1',
      rule: 'numbers-in-range',
      message: expect.stringMatching(/^must be a whole number from 1 to 100: /),
    },
  ]);
});

describe('numbers-in-range', () => {
  const { service, sidecar, kafka } = environments.prod;
  const fields = Object.entries({ service, sidecar, kafka }).flatMap(([part, numbers]) =>
    Object.keys(numbers).map((name) => [part, name] as const),
  );

  test.each([0, -5, 1.5, 1e9, Number.NaN, Number.POSITIVE_INFINITY])(
    '%s is out of range, whichever number it is for',
    (value) => {
      for (const [part, name] of fields)
        expect(valuesOf({ [part]: { [name]: value } })).toEqual([`${part}.${name} = ${value}`]);
      expect(valuesOf({ maxUnavailable: value })).toEqual([`maxUnavailable = ${value}`]);
    },
  );

  test.each([
    ['service', 'memoryRequestMi', 32],
    ['service', 'storageMi', 64],
    ['sidecar', 'memoryRequestMi', 32],
    ['kafka', 'heapMi', 256],
  ])('%s.%s is at least %s', (part, name, least) => {
    expect(valuesOf({ [part]: { [name]: least } })).toEqual([]);
    expect(valuesOf({ [part]: { [name]: least - 1 } })).toEqual([`${part}.${name} = ${least - 1}`]);
  });

  test.each(['service', 'sidecar'])('the memory limit of %s is at least 128', (part) => {
    expect(valuesOf({ [part]: { memoryRequestMi: 96, memoryLimitMi: 128 } })).toEqual([]);
    expect(valuesOf({ [part]: { memoryRequestMi: 96, memoryLimitMi: 127 } })).toEqual([`${part}.memoryLimitMi = 127`]);
  });

  test.each([0, 0.1, 100])('%s % of the traces can be kept', (samplingPercent) => {
    expect(valuesOf({ samplingPercent })).toEqual([]);
  });

  test.each([-1, 100.1, 1_000, Number.NaN])('%s % of the traces cannot be kept', (samplingPercent) => {
    expect(valuesOf({ samplingPercent })).toEqual([`samplingPercent = ${samplingPercent}`]);
  });
});

test.each(['service', 'sidecar'])('requests-fit-limits: %s may not request more memory than its limit', (part) => {
  expect(problemsOf({ [part]: { memoryRequestMi: 384, memoryLimitMi: 384 } })).toEqual([]);
  expect(problemsOf({ [part]: { memoryRequestMi: 385, memoryLimitMi: 384 } })).toMatchObject([
    {
      value: `${part}.memoryRequestMi = 385`,
      rule: 'requests-fit-limits',
      message: expect.stringContaining('at most 384'),
    },
  ]);
});

test('critical-comes-first: services that others wait for request at least as much CPU as the rest', () => {
  expect(problemsOf({ service: { cpuRequestMilli: 100, criticalCpuRequestMilli: 100 } })).toEqual([]);
  expect(problemsOf({ service: { cpuRequestMilli: 100, criticalCpuRequestMilli: 99 } })).toMatchObject([
    {
      value: 'service.criticalCpuRequestMilli = 99',
      rule: 'critical-comes-first',
      message: expect.stringContaining('at least 100'),
    },
  ]);
});

test('evictions-leave-pods: a drain of nodes leaves each service a pod, if it has several', () => {
  expect(problemsOf({ replicas: { each: 1 }, maxUnavailable: 1 })).toEqual([]);
  expect(problemsOf({ replicas: { each: 3 }, maxUnavailable: 2 })).toEqual([]);
  expect(problemsOf({ replicas: { each: 3, of: { a: 2 } }, maxUnavailable: 2 })).toMatchObject([
    { value: 'maxUnavailable = 2', rule: 'evictions-leave-pods', message: expect.stringContaining('at most 1') },
  ]);
});

test('brokers-outvote-one: two controllers have no majority without each other', () => {
  const copies = { replication: 1, minInSync: 1 };
  for (const brokers of [1, 3, 4]) expect(problemsOf({ kafka: { ...copies, brokers } })).toEqual([]);
  expect(problemsOf({ kafka: { ...copies, brokers: 2 } })).toMatchObject([
    { value: 'kafka.brokers = 2', rule: 'brokers-outvote-one', message: expect.stringContaining('1 or 3') },
  ]);
});

test('replication-fits-brokers: a topic has at most one copy on each broker', () => {
  expect(problemsOf({ kafka: { brokers: 3, replication: 3 } })).toEqual([]);
  expect(problemsOf({ kafka: { brokers: 3, replication: 4 } })).toMatchObject([
    { value: 'kafka.replication = 4', rule: 'replication-fits-brokers', message: expect.stringContaining('at most 3') },
  ]);
});

describe('in-sync-fits-replication', () => {
  test.each([
    [3, 2],
    [3, 1],
    [2, 1],
    [1, 1],
  ])('with %s copies, writes may wait for %s in sync', (replication, minInSync) => {
    expect(problemsOf({ kafka: { replication, minInSync } })).toEqual([]);
  });

  test.each([
    [3, 4],
    [3, 3],
    [2, 2],
    [1, 2],
  ])('with %s copies, a broker that is down stops writes that wait for %s in sync', (replication, minInSync) => {
    expect(problemsOf({ kafka: { replication, minInSync } })).toMatchObject([
      {
        value: `kafka.minInSync = ${minInSync}`,
        rule: 'in-sync-fits-replication',
        message: expect.stringContaining(`at most ${Math.max(1, replication - 1)}.`),
      },
    ]);
  });
});

test("heap-fits-memory: Kafka's heap leaves memory for the rest of the JVM", () => {
  expect(problemsOf({ kafka: { heapMi: 4_095, memoryMi: 4_096 } })).toEqual([]);
  expect(problemsOf({ kafka: { heapMi: 4_096, memoryMi: 4_096 } })).toMatchObject([
    { value: 'kafka.heapMi = 4096', rule: 'heap-fits-memory' },
  ]);
});
