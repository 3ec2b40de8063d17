import * as kplus from 'cdk8s-plus-27';
import type { Environment } from '../model/environment.ts';
import { NODE_LABELS } from './platform.ts';

/**
 * Keeps enough pods of a deployment up when a node, or a zone, goes: its pods are apart, and drains take few at a time.
 */
export function keepAvailable(
  deployment: kplus.Deployment,
  namespace: string,
  { spread, maxUnavailable }: Environment,
): void {
  // By the deployment's own labels: `scheduling.spread` goes by one that our pods do not carry. A preference, not a
  // requirement: with a requirement, a rollout of three pods would need four hosts.
  const siblings = kplus.Pods.select(deployment, 'siblings', { labels: deployment.matchLabels });
  for (const place of spread) {
    deployment.scheduling.separate(siblings, { topology: kplus.Topology.custom(NODE_LABELS[place]), weight: 100 });
  }

  // A budget over a single pod would block every drain.
  if ((deployment.replicas ?? 1) <= maxUnavailable) return;
  new kplus.k8s.KubePodDisruptionBudget(deployment, 'disruption-budget', {
    metadata: { name: deployment.name, namespace },
    spec: {
      maxUnavailable: kplus.k8s.IntOrString.fromNumber(maxUnavailable),
      selector: { matchLabels: deployment.matchLabels },
      // A pod that is not ready serves no requests, so it must not block a drain.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}
