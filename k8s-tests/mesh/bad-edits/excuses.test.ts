import { expect, it } from 'vitest';
import type { RequestRecord } from './customer-requests.ts';
import type { EditRecord } from './edit-objects.ts';
import { unexcused } from './excuses.ts';

const failed: RequestRecord = { callee: 'orders', what: 'order', startedAtMs: 10, endedAtMs: 20, wrong: '503' };
const object = { apiVersion: '', kind: '', metadata: { name: 'orders' }, spec: {} };
const edit: EditRecord = {
  original: { plural: 'virtualservices', name: 'orders', callee: 'orders', object },
  edit: { what: 'deleted', meaning: 'unreachable', change: () => undefined },
  rejected: undefined,
  fromMs: 15,
  toMs: 30,
};

it('an accepted edit that makes orders unreachable means failed requests to orders, while it is in force', () => {
  expect(unexcused([failed], [edit])).toEqual([]);
  expect(unexcused([{ ...failed, endedAtMs: 14 }], [edit])).toHaveLength(1);
  expect(unexcused([{ ...failed, startedAtMs: 31, endedAtMs: 32 }], [edit])).toHaveLength(1);
});

it('no other edit means a failed request', () => {
  const others: EditRecord[] = [
    { ...edit, rejected: 'no such field' },
    { ...edit, edit: { ...edit.edit, meaning: 'harmless' } },
    { ...edit, original: { ...edit.original, callee: 'inventory' } },
    { ...edit, original: { ...edit.original, callee: 'analytics' } },
  ];
  expect(unexcused([failed], others)).toHaveLength(1);
});
