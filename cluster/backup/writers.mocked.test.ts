import { beforeEach, expect, test, vi } from 'vitest';
import { silent } from '../progress.ts';
import { withoutWriters } from './writers.ts';

const deployment = (name: string, replicas: number, secretName?: string) => ({
  metadata: { name, namespace: 'shop' },
  spec: { replicas, template: { spec: { volumes: secretName ? [{ secret: { secretName } }] : [] } } },
});
const items = [
  deployment('orders', 2, 'postgres-orders'),
  deployment('analytics', 0, 'postgres-analytics'),
  deployment('tokens', 1, 'token-keys'),
];

let calls: string[] = [];
let jobs = '';
vi.mock('../kubernetes/kubectl.ts', () => ({
  kubectl: async ([, namespace, ...args]: readonly string[]) => {
    const call = args.join(' ');
    if (!call.startsWith('get')) calls.push(call);
    if (call.startsWith('get jobs')) return { stdout: jobs };
    return { stdout: JSON.stringify({ items: namespace === 'shop' ? items : [] }) };
  },
}));

const work = async () => {
  calls.push('work');
  return 'done';
};
const stopped = ['scale deployment orders --replicas=0', 'wait pod -l app=orders --for=delete --timeout=120s'];
const started = ['scale deployment orders --replicas=2', 'rollout status deployment/orders --timeout=150s'];

beforeEach(() => {
  calls = [];
  jobs = '';
});

test('deployments with a database are stopped for the work, and get as many pods as before', async () => {
  expect(await withoutWriters(silent, work)).toBe('done');
  expect(calls).toEqual([...stopped, 'work', ...started]);
});

test('they start again if the work fails', async () => {
  await expect(withoutWriters(silent, () => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
  expect(calls).toEqual([...stopped, ...started]);
});

test('nothing is stopped while a command of an operator runs', async () => {
  jobs = 'job.batch/saga-1\n';
  await expect(withoutWriters(silent, work)).rejects.toThrow('a command still runs: job.batch/saga-1');
  expect(calls).toEqual([]);
});
