import type { Progress } from './progress.ts';
import type { Ports } from './settings.ts';

/** What there is of a checkout's cluster. Docker, the kernel or the cluster itself says so; no file is asked. */
export type Found =
  | { readonly state: 'absent' }
  /**
   * A node that was stopped, or what is left of one.
   * `remedy`: what `start` will do about it, for people. `ports`: those that it keeps or still holds.
   */
  | { readonly state: 'down'; readonly remedy: string; readonly ports?: Ports }
  | { readonly state: 'running'; readonly ports: Ports };

/** A way to run Kubernetes: native, kind, or a cluster that exists. Nothing above this interface knows which of them it is. */
export interface ClusterProvider {
  readonly target: 'native' | 'kind' | 'existing';
  /** Of an existing cluster: its context in the user's kubeconfig. */
  readonly context?: string;
  /** Values files `charts/<chart>-<flavour>.yaml` and chart sources differ by it: stock Envoy and stand-in, or released images. */
  readonly flavour: 'native' | 'kind';
  /** @throws UserError where a cluster has this one's name and another maker */
  find(): Promise<Found>;
  /** All that is needed before anything starts: packages, binaries. Long when nothing is cached. */
  prepare(progress: Progress): Promise<void>;
  /** Brings the cluster up if it is down, writes the kubeconfig, and makes the platform's images available in it. */
  start(ports: Ports, progress: Progress): Promise<void>;
  /** Writes the kubeconfig of the running cluster. */
  connect(): Promise<void>;
  /** Brings images into the cluster before pods wait for them. Absent where pods pull for themselves, or need not. */
  pull?(images: readonly string[], progress: Progress): Promise<void>;
  /** Makes the images that are built of this checkout available; returns what to write instead of each `name:dev` in manifests. */
  loadOwnImages(progress: Progress): Promise<ReadonlyMap<string, string>>;
  /** Removes the cluster and every trace of it. Does nothing when there is none. */
  remove(): Promise<void>;
  /** Memory in use by everything that belongs to the cluster, in bytes; undefined where it is not known. */
  memoryBytes(): Promise<number | undefined>;
}
