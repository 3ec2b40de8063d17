import { expect, test } from 'vitest';
import { policies } from '../../cdk8s/policies.ts';
import { placeWithinMs } from '../../services/orders/api/place-order.ts';

test('orders stops storing an order before its client gives up', () => {
  const { timeoutMs } = policies['gateway->orders'].rpcs.PlaceOrder;
  expect(placeWithinMs, 'with time for the answer').toBeLessThanOrEqual(timeoutMs - 200);
});

test('the calls that orders makes leave time to store', () => {
  const calls = [policies['orders->inventory'].rpcs.Check, policies['orders->payments'].rpcs.Authorize];
  const callsMs = calls.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);
  expect(placeWithinMs - callsMs).toBeGreaterThanOrEqual(500);
});
