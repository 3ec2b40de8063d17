import { expect, test } from 'vitest';
import type { AsyncInteraction, SyncInteraction } from '../model/model.ts';
import { exampleTopology } from '../testing/example.ts';
import { namesExist } from './names-exist.ts';

const [enter, , , , tell] = exampleTopology.interactions;
const sync = (change: Partial<SyncInteraction>): SyncInteraction => ({ ...enter, rpcs: {}, ...change });
const async = (change: Partial<AsyncInteraction>): AsyncInteraction => ({ ...tell, ...change });

function problemsOf(...added: (SyncInteraction | AsyncInteraction)[]): string[] {
  const topology = { ...exampleTopology, interactions: [...exampleTopology.interactions, ...added] };
  return namesExist(topology, [{ each: 1 }]).map(({ subject, value }) => `${subject} ${value}`);
}

test('the example names only what it has', () => {
  expect(problemsOf()).toEqual([]);
});

test('an unknown name is refused by the part it should play', () => {
  const [problem] = namesExist({ ...exampleTopology, interactions: [sync({ caller: 'x' })] }, []);
  expect(problem).toEqual({
    subject: 'x->a',
    value: 'caller in the mesh = x',
    rule: 'names-exist',
    message: 'topology.ts has no such caller in the mesh.',
  });
});

test('a callee is known and serves something', () => {
  expect(problemsOf(sync({ callee: 'x' }))).toEqual(['gateway->x callee that serves something = x']);
  expect(problemsOf(sync({ callee: 'c' }))).toEqual(['gateway->c callee that serves something = c']);
});

test('a partner calls nobody here: it has no proxy that would keep a policy', () => {
  expect(problemsOf(sync({ caller: 'bank' }))).toEqual(['bank->a caller in the mesh = bank']);
});

test('producer, topic and consumers are known; the gateway and a partner are none of them', () => {
  expect(problemsOf(async({ producer: 'gateway', topic: 'z.v1', consumers: ['c', 'w', 'bank'] }))).toEqual([
    'gateway->z.v1->c+w+bank producer = gateway',
    'gateway->z.v1->c+w+bank topic = z.v1',
    'gateway->z.v1->c+w+bank consumer = w',
    'gateway->z.v1->c+w+bank consumer = bank',
  ]);
});

test('what a callee calls is a call of its own, with a known RPC', () => {
  const { Enter } = enter.rpcs;
  const calling = (...calls: string[]) => problemsOf(sync({ caller: 'c', rpcs: { Enter: { ...Enter, calls } } }));
  expect(calling('b.Ask', 'bank.Pay')).toEqual([]);
  expect(calling('b.Tell', 'c.Ask', 'b')).toEqual([
    'c->a.Enter call = a->b.Tell',
    'c->a.Enter call = a->c.Ask',
    'c->a.Enter call = a->b',
  ]);
});

test('only a service has replicas of its own', () => {
  expect(namesExist(exampleTopology, [{ each: 1, of: { a: 2, bank: 2, z: 2 } }])).toMatchObject([
    { subject: 'replicas', value: 'service = z' },
  ]);
});
