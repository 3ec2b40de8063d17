import { expect, test } from 'vitest';
import { exampleTopology } from '../testing/example.ts';
import { noDuplicates } from './no-duplicates.ts';

const { services, interactions } = exampleTopology;

test('the example has everything once', () => {
  expect(noDuplicates(exampleTopology)).toEqual([]);
});

test('a second interaction of the same caller and callee is refused', () => {
  expect(noDuplicates({ ...exampleTopology, interactions: [...interactions, interactions[1]] })).toEqual([
    {
      subject: 'a->b',
      value: 'interactions = 2 or more',
      rule: 'no-duplicates',
      message: 'their policies would be one: put all RPCs into one interaction.',
    },
  ]);
});

test('the same two may call each other, and tell each other twice', () => {
  const back = { ...interactions[1], caller: 'b', callee: 'a' };
  expect(noDuplicates({ ...exampleTopology, interactions: [...interactions, back, interactions[4]] })).toEqual([]);
});

test('a second service with the same host is refused, a partner or not', () => {
  const shop = { ...services.bank, external: { host: 'a.shop.svc.cluster.local', ca: 'bank-ca' } };
  const problems = noDuplicates({ ...exampleTopology, services: { ...services, bank2: services.bank, shop } });
  expect(problems).toMatchObject([
    { subject: 'bank2', value: 'host = bank.example', rule: 'no-duplicates' },
    { subject: 'shop', value: 'host = a.shop.svc.cluster.local' },
  ]);
});
