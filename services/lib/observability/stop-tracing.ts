let stop = async (): Promise<void> => {};

/** Sends what spans are left and stops. Does nothing if tracing was not started (unit tests). */
export function stopTracing(): Promise<void> {
  return stop();
}

/** Apart from the SDK's start, so that a service can stop tracing without loading the SDK. */
export function setStopTracing(shutdown: () => Promise<void>): void {
  stop = shutdown;
}
