/** What kafkajs' producer has to connect by. */
interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/**
 * Work over a connection that is opened again before the next piece of work once one has failed: without retries of its own
 * kafkajs goes on with a connection that is lost, and every request after that fails.
 */
export function reconnecting(connection: Connectable): <T>(work: () => Promise<T>) => Promise<T> {
  let isBroken = false;
  let repair: Promise<void> | undefined;
  const reconnect = async () => {
    await connection.disconnect().catch(() => undefined);
    await connection.connect();
    isBroken = false;
  };
  return async (work) => {
    if (isBroken) {
      repair ??= reconnect().finally(() => {
        repair = undefined;
      });
      await repair;
    }
    try {
      return await work();
    } catch (error) {
      isBroken = true;
      throw error;
    }
  };
}
