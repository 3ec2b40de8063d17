import { hasStatus } from '../harness/check.ts';
import type { HttpRequest } from '../harness/http.ts';
import { Load } from '../harness/load.ts';
import { goodOrder, orderRequest } from '../harness/order.ts';
import type { Disturbance } from './beside.ts';

const ratePerSecond = 100;
const crowd = { customer: 'crowd' };

function crowding(heading: string, column: string, request: (ingressUrl: string) => HttpRequest): Disturbance {
  return {
    heading,
    columns: { [column]: ratePerSecond },
    blockSeconds: 10,
    start: ({ ingressUrl }) => {
      const load = new Load({ ratePerSecond, call: () => request(ingressUrl), check: hasStatus(429) });
      return () => load.stop();
    },
  };
}

/** One customer who reads far more than the gateway lets through. */
export const readCrowding = crowding('Crowding by reads', 'reads/s of one customer', (url) => ({
  url: `${url}/v1/orders/unknown`,
  as: crowd,
}));

/**
 * One customer who places far more orders than the gateway lets through. Each that it admits costs as much as hundreds of
 * reads.
 */
export const orderCrowding = crowding('Crowding by orders', 'orders/s of one customer', (url) =>
  orderRequest(url, goodOrder, undefined, crowd),
);
