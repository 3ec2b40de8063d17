import { itSurvivesRestarts } from './rollout/restarts.ts';

itSurvivesRestarts('every deployment and the gateway', async (cluster) => [
  ...(await cluster.deployments('shop')).map((name) => ({ namespace: 'shop', name })),
  ...(await cluster.deployments('partner')).map((name) => ({ namespace: 'partner', name })),
  { namespace: 'istio-system', name: 'istio-ingressgateway' },
]);
