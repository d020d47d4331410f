/**
 * Runs a sweep at once and then at each interval, never two at a time. The sweep must not reject.
 * Dispose the result to stop after the sweep in progress.
 */
export function startSweep(intervalMs: number, sweep: () => Promise<void>): AsyncDisposable {
  let underWay: Promise<void> | null = null;
  const run = () => {
    underWay ??= sweep().finally(() => {
      underWay = null;
    });
  };
  const timer = setInterval(run, intervalMs);
  run();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await underWay;
    },
  };
}
