// Services that are started at most once in a test run, by whichever test asks first.

interface Stoppable {
  stop(): Promise<void>;
}

const stops: (() => Promise<void>)[] = [];

/**
 * Wraps a start function: the first call starts, later calls get the same service, and {@link stopShared} stops it.
 * A failed start is remembered too, so that every test which needs the service says at once why it can't run.
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

/** The last that was started first: a server stops before its database. */
export async function stopShared(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}
