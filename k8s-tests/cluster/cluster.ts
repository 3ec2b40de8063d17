import type { Progress } from './progress.ts';
import type { Ports } from './settings.ts';

/** A throwaway Kubernetes cluster. Nothing above this interface knows which kind of cluster it is. */
export interface Cluster {
  readonly target: 'native' | 'kind' | 'existing';
  /** Values files `charts/<chart>-<flavour>.yaml` and chart sources differ by it: stock Envoy and stand-in, or released images. */
  readonly flavour: 'native' | 'kind';
  /** All that is needed before anything starts: packages, binaries. Long when nothing is cached. */
  prepare(progress: Progress): Promise<void>;
  /** Brings the cluster up if it is down, writes the kubeconfig, and makes the platform's images available in it. */
  start(ports: Ports, progress: Progress): Promise<void>;
  /** Makes the images that are built of this checkout available; returns what to write instead of each `name:dev` in manifests. */
  loadOwnImages(): Promise<ReadonlyMap<string, string>>;
  isRunning(): Promise<boolean>;
  /** Removes the cluster and every trace of it. Does nothing when there is none. */
  remove(): Promise<void>;
  /** Memory in use by everything that belongs to the cluster, in bytes; undefined where that can not be told. */
  memoryBytes(): Promise<number | undefined>;
}
