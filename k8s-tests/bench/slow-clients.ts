import { edgeLimits } from '../../cdk8s/mesh/edge/limits.ts';
import { SlowClients } from '../harness/slow-clients.ts';
import type { Disturbance } from './beside.ts';

const count = 500;

/** Clients that send their orders one byte at a time. */
export const slowClients: Disturbance = {
  heading: 'Slow clients',
  columns: { 'slow clients': count },
  blockSeconds: edgeLimits.requestTimeoutMs / 1_000 - 1,
  start: ({ ingressUrl }) => {
    const slow = new SlowClients(ingressUrl, count);
    return () => slow.stop();
  },
};
