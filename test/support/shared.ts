// Services that start at most once in a test run, when the first test needs them.

interface Stoppable {
  stop(): Promise<void>;
}

const stops: (() => Promise<void>)[] = [];

/**
 * Wraps a start function. The first call starts the service, later calls get the same one, and
 * {@link stopShared} stops it. A failed start is remembered too, so that every test that needs the
 * service fails at once with the reason.
 */
export function startedOnce<T extends Stoppable>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => {
    if (!started) {
      const starting = start();
      started = starting;
      stops.push(async () => {
        started = undefined;
        const service = await starting.catch(() => undefined);
        await service?.stop();
      });
    }
    return started;
  };
}

/**
 * Stops the services in the reverse order of their start, so that a server stops before its
 * database.
 */
export async function stopShared(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}
