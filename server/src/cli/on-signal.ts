import os from 'node:os';

/** One Ctrl-C can arrive twice: from the terminal, and forwarded by npm. A person takes longer. */
const secondSignalMsMin = 500;

/**
 * Calls `end` at the first SIGINT or SIGTERM, and resolves or rejects with its result. A second
 * signal exits at once, with the code that shells use for the signal.
 */
export function onSignal(end: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let firstAtMs: number | null = null;
    const receive = (signal: NodeJS.Signals) => {
      const now = performance.now();
      if (firstAtMs === null) {
        firstAtMs = now;
        end().then(resolve, reject);
      } else if (now - firstAtMs > secondSignalMsMin) {
        process.exit(128 + os.constants.signals[signal]);
      }
    };
    process.on('SIGINT', receive);
    process.on('SIGTERM', receive);
  });
}
