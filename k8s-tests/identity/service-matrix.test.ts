import { expect, test } from 'vitest';
import { exampleTopology } from '../../cdk8s/testing/example.ts';
import { topology } from '../../cdk8s/topology.ts';
import { type Cell, serviceMatrix } from './service-matrix.ts';

const open = (cells: readonly Cell[]) =>
  cells
    .filter(({ expected, path }) => expected === 'open' && !/\.\.|%/.test(path))
    .map(({ credential, callee, method, path }) => `${credential} -> ${callee} ${method} ${path}`);

test('what is open is what the topology states, and monitoring', () => {
  const [monitoring, gateway] = ['observability/prometheus', 'istio-system/istio-ingressgateway'];
  expect(open(serviceMatrix(exampleTopology)).toSorted()).toEqual(
    [
      `${gateway} -> a GET /v1/some`,
      `${gateway} -> a POST /v1/purchases`,
      'shop/a -> b POST /b.v1.B/Ask',
      'shop/c -> b POST /b.v1.B/Ask',
      ...['a', 'b', 'c'].map((callee) => `${monitoring} -> ${callee} GET /metrics`),
    ].toSorted(),
  );
});

test('each RPC is tried with the identity of every service, of its callers elsewhere, and without one', () => {
  const asked = serviceMatrix(exampleTopology).filter(({ path }) => path === '/b.v1.B/Ask');
  expect(asked.filter(({ method }) => method === 'POST').map(({ credential }) => credential)).toEqual([
    ...['shop/a', 'shop/b', 'shop/c', 'partner/bank', 'istio-system/istio-ingressgateway', 'observability/prometheus'],
    ...['elsewhere/a', 'elsewhere/c', 'no certificate', 'another authority', 'plaintext'],
  ]);
});

test('an admin port is open to no caller', () => {
  const cells = serviceMatrix(topology).filter(({ port }) => port === 9901);
  expect(cells.length).toBeGreaterThan(50);
  expect(cells.filter(({ expected }) => expected === 'open')).toEqual([]);
});

test('the matrix of the shop has at least 300 cells, each once', () => {
  const cells = serviceMatrix(topology);
  const titles = cells.map(({ expected: _, ...cell }) => JSON.stringify(cell));
  expect(cells.length).toBeGreaterThanOrEqual(300);
  expect(new Set(titles).size).toBe(titles.length);
});
