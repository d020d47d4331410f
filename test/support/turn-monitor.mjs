// Measures the CPU time of each tick of this process's event loop. A server in a separate process
// loads it with `--import`, and the test reads `turns` with the inspector.

/** Milliseconds of CPU time of this process so far. */
function spentMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

let isRunning = false;
let longestMs = 0;
let lastMs = 0;

function sample() {
  const now = spentMs();
  longestMs = Math.max(longestMs, now - lastMs);
  lastMs = now;
}

function sampleEachTurn() {
  if (!isRunning) return;
  sample();
  setImmediate(sampleEachTurn);
}

export const turns = {
  spentMs,
  start() {
    isRunning = true;
    longestMs = 0;
    lastMs = spentMs();
    setImmediate(sampleEachTurn);
  },
  stop() {
    sample();
    isRunning = false;
  },
  /** Milliseconds of the longest turn between start and stop. */
  longestMs: () => longestMs,
};
globalThis.turns = turns;
