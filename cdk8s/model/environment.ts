import type { Replicas } from './model.ts';

/** What differs between environments, and only that. */
export interface Environment {
  /** The one image of all our services. */
  readonly image: string;
  readonly replicas: Replicas;
  /** Pods of one service that the draining of nodes may take away at once; a service of no more pods than that has no say. */
  readonly maxUnavailable: number;
  /** What pods of one service, and brokers, should not share as long as there is room. */
  readonly spread: readonly ('host' | 'zone')[];
  /** Whether the fault and hit endpoints for tests exist. */
  readonly faults: 'on' | 'off';
  /** Share of the traces that start here and are kept; the gateway decides, everyone behind it follows. */
  readonly samplingPercent: number;
  readonly service: Resources & {
    /** Of whoever is called in a critical interaction: where CPU is short, it goes to those first, by this share. */
    readonly criticalCpuRequestMilli: number;
    /** What a pod may write on its node's disk: its logs, which the kubelet keeps under 50 Mi, and /tmp. */
    readonly storageMi: number;
  };
  readonly sidecar: Resources;
  readonly kafka: {
    readonly brokers: number;
    readonly replication: number;
    readonly minInSync: number;
    readonly storageGi: number;
    readonly cpuRequestMilli: number;
    readonly heapMi: number;
    readonly memoryMi: number;
  };
  /** Code comes from a folder that `skaffold dev` syncs edited files into, and a change restarts the process in its pod. */
  readonly fileSync: boolean;
}

/** CPU has no limit anywhere: throttling would look like a slow dependency. */
export interface Resources {
  readonly cpuRequestMilli: number;
  readonly memoryRequestMi: number;
  readonly memoryLimitMi: number;
}
