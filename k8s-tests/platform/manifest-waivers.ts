import type { Waivers } from './findings.ts';

/**
 * What other people's tools find in our manifests and what stays all the same, with the reason. A waiver that nothing needs any
 * more fails manifests.test.ts. The keys are `harness/linters.ts`'s: kube-score's check and sentence, istioctl's code.
 */

const CPU = 'CPU has no limit: throttling would look like a slow dependency, and set off its breaker';

const kubeScoreEverywhere = {
  'container-resources: CPU limit is not set': CPU,
  'container-cpu-requests-equal-limits: CPU requests does not match limits': CPU,
  'container-resource-requests-equal-limits: CPU requests does not match limits': CPU,
  'container-image-pull-policy: ImagePullPolicy is not set to Always':
    'tags are pinned and never move; with Always no pod could start while the registry is down',
} as const satisfies Waivers;

const LAPTOP = 'dev runs on a laptop, where all pods share what memory is left';

export const kubeScoreWaivers = {
  dev: {
    ...kubeScoreEverywhere,
    'container-memory-requests-equal-limits: Memory requests does not match limits': LAPTOP,
    'container-resource-requests-equal-limits: Memory requests does not match limits': LAPTOP,
    'deployment-replicas: Deployment few replicas':
      'dev runs on one node, where a second pod would not help when it goes',
  },
  prod: kubeScoreEverywhere,
} as const satisfies Record<string, Waivers>;

const ENVOY_FILTER =
  "only an EnvoyFilter can say how long an ejection lasts and by which share of failures; tests read it back from each caller's live Envoy";

/** Of the manifests of every environment. */
export const apiServerWaivers = {
  'EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.':
    ENVOY_FILTER,
} as const satisfies Waivers;

/** Of the manifests of every environment, and of what runs. */
export const istioctlWaivers = { IST0133: ENVOY_FILTER } as const satisfies Waivers;
