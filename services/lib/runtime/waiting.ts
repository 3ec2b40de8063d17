/** What this process waits for, by name; a name counts as often as it is waited for. One process is one service. */
const waits: string[] = [];

/** Does work that needs something outside, and names it in /readyz until the work is done: `Kafka`. */
export async function waitFor<T>(what: string, work: () => Promise<T>): Promise<T> {
  waits.push(what);
  try {
    return await work();
  } finally {
    waits.splice(waits.indexOf(what), 1);
  }
}

export function waitingFor(): string[] {
  return [...new Set(waits)].sort();
}
