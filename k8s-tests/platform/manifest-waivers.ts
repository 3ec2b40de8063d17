import type { Waivers } from './findings.ts';

/**
 * Accepted findings of third-party tools in our manifests, each with its reason. If no finding needs a waiver any more,
 * manifests.cluster.test.ts fails. The keys are those of linters.ts: kube-score's check and message, istioctl's code.
 */

const CPU = 'CPU has no limit: throttling would look like a slow dependency and open its breaker';

const kubeScoreEverywhere = {
  'container-resources: CPU limit is not set': CPU,
  'container-cpu-requests-equal-limits: CPU requests does not match limits': CPU,
  'container-resource-requests-equal-limits: CPU requests does not match limits': CPU,
  'container-image-pull-policy: ImagePullPolicy is not set to Always':
    'tags are pinned and never move; with Always, no pod could start while the registry is unavailable',
  "networkpolicy-targets-pod: The NetworkPolicys selector doesn't match any pods":
    'the pods that the policy "commands" is for exist only while a command of an operator runs',
} as const satisfies Waivers;

const LAPTOP = 'dev runs on a laptop, where all pods share the free memory';

export const kubeScoreWaivers = {
  dev: {
    ...kubeScoreEverywhere,
    'container-memory-requests-equal-limits: Memory requests does not match limits': LAPTOP,
    'container-resource-requests-equal-limits: Memory requests does not match limits': LAPTOP,
    'deployment-replicas: Deployment few replicas':
      'dev runs on one node, and a second pod on it would not survive its failure',
  },
  prod: kubeScoreEverywhere,
} as const satisfies Record<string, Waivers>;

const ENVOY_FILTER =
  "only an EnvoyFilter can set an ejection's duration and failure rate, and the gateway's limits; tests read or try each";

/** For the manifests of every environment. */
export const apiServerWaivers = {
  'EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.':
    ENVOY_FILTER,
} as const satisfies Waivers;

/** For the manifests of every environment and for the running cluster. */
export const istioctlWaivers = { IST0133: ENVOY_FILTER } as const satisfies Waivers;
