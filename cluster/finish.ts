const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work that leaves something behind if this process ends. An interruption reaches the programs that the work runs,
 * too: they end, and the work fails and puts things in order.
 */
export async function finish<T>(work: () => Promise<T>): Promise<T> {
  const ignore = () => undefined;
  for (const signal of signals) process.on(signal, ignore);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, ignore);
  }
}
