// Measures the CPU time of each tick of this process's event loop. A server in a separate process
// loads it with `--import`, and the test reads `turns` with the inspector.
//
// `cpuUsage` also counts the threads that collect garbage beside a tick, and a clock also counts
// the time of other processes. The thread of the event loop used at most the smaller of the two.

/** Milliseconds of CPU time of this process so far. */
function spentMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

let isRunning = false;
let longestMs = 0;
let last = { spentMs: 0, clockMs: 0 };

const now = () => ({ spentMs: spentMs(), clockMs: performance.now() });

function sample() {
  const { spentMs, clockMs } = now();
  longestMs = Math.max(longestMs, Math.min(spentMs - last.spentMs, clockMs - last.clockMs));
  last = { spentMs, clockMs };
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
    last = now();
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
