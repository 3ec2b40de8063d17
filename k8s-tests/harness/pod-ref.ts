/** A pod by its names. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
}
