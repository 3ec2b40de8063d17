import { hasStatus } from '../harness/check.ts';
import { Load } from '../harness/load.ts';
import { goodOrder, orderRequest } from '../harness/order.ts';
import type { Disturbance } from './beside.ts';

const ratePerSecond = 100;

/** One customer who places far more orders than the gateway lets through. */
export const crowding: Disturbance = {
  heading: 'Crowding',
  columns: { 'orders/s of one customer': ratePerSecond },
  blockSeconds: 10,
  start: ({ ingressUrl }) => {
    const call = () => orderRequest(ingressUrl, goodOrder, undefined, { customer: 'crowd' });
    const load = new Load({ ratePerSecond, call, check: hasStatus(429) });
    return () => load.stop();
  },
};
