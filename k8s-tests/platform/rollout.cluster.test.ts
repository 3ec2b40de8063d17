import { itSurvivesRestarts } from './rollout/restarts.ts';

/** The short version of rollouts.cluster.test.ts: the two hops that every customer's request passes. */
itSurvivesRestarts('orders and the gateway', async () => [
  { namespace: 'shop', name: 'orders' },
  { namespace: 'istio-system', name: 'istio-ingressgateway' },
]);
