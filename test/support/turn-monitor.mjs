// Measures the CPU time of each tick of this process's event loop. A server in a separate process
// loads it with `--import`, and the test reads `turns` with the inspector.
//
// `cpuUsage` also counts the threads that collect garbage beside a tick, and a clock also counts
// the time of other processes. The thread of the event loop used at most the smaller of the two.
// Node 24 and later measure that thread alone.

/** Milliseconds of CPU time of this process so far. */
function spentMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Milliseconds of CPU time of this thread so far. Node 22 has only that of all threads. */
function threadMs() {
  if (!process.threadCpuUsage) return spentMs();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

let isRunning = false;
let longestMs = 0;
let last = { threadMs: 0, clockMs: 0 };

const now = () => ({ threadMs: threadMs(), clockMs: performance.now() });

function sample() {
  const at = now();
  longestMs = Math.max(longestMs, Math.min(at.threadMs - last.threadMs, at.clockMs - last.clockMs));
  last = at;
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
