import type { Progress } from './progress.ts';
import type { Ports } from './settings.ts';

/**
 * What exists of a checkout's cluster, according to Docker, the kernel or the cluster itself, never according to a
 * file.
 */
export type Found =
  | { readonly state: 'absent' }
  /**
   * A stopped node, or the remains of one.
   * `remedy` tells people what `start` will do about it. `ports` are those that it keeps or still occupies.
   */
  | { readonly state: 'down'; readonly remedy: string; readonly ports?: Ports }
  | { readonly state: 'running'; readonly ports: Ports };

/** A way to run Kubernetes: native, kind, or an existing cluster. Callers of this interface need not know which. */
export interface ClusterProvider {
  readonly target: 'native' | 'kind' | 'existing';
  /** The context of an existing cluster in the user's kubeconfig. */
  readonly context?: string;
  /**
   * Selects values files and chart sources: `native` for stock Envoy and the Strimzi stand-in, `kind` for released
   * images.
   */
  readonly flavor: 'native' | 'kind';
  /** @throws UserError if a cluster of the same name was made by someone else */
  find(): Promise<Found>;
  /** Provides what the start needs: packages and binaries. Takes long if nothing is cached. */
  prepare(progress: Progress): Promise<void>;
  /** Brings the cluster up if it is down, writes the kubeconfig, and makes the platform's images available in it. */
  start(ports: Ports, progress: Progress): Promise<void>;
  /** Writes the kubeconfig of the running cluster. */
  connect(): Promise<void>;
  /** Pulls images into the cluster before pods need them. Absent if the pods pull their images, or need no pull. */
  pull?(images: readonly string[], progress: Progress): Promise<void>;
  /** Makes the images of this checkout available in the cluster. Returns what replaces each `name:dev` in manifests. */
  loadOwnImages(progress: Progress): Promise<ReadonlyMap<string, string>>;
  /**
   * Removes the cluster and every trace of it. Does nothing if there is none.
   * @returns what stays, and why, for people; nothing of a cluster of our own
   */
  remove(): Promise<readonly string[]>;
  /** Memory in use by everything that belongs to the cluster, in bytes; undefined if unknown. */
  memoryBytes(): Promise<number | undefined>;
}
