/** A duration as Istio and protobuf read it: `500` is `"500ms"`. Whole milliseconds only, at least one. */
export function formatDurationMs(milliseconds: number): string {
  if (!Number.isInteger(milliseconds) || milliseconds < 1) {
    throw new RangeError(`a duration must be a whole number of milliseconds from 1 on, not ${milliseconds}`);
  }
  return `${milliseconds}ms`;
}

/** A duration as Envoy's own config reads it, which knows only seconds: `500` is `"0.5s"`. */
export function formatDurationS(milliseconds: number): string {
  return `${milliseconds / 1_000}s`;
}
