import { setTimeout as sleep } from 'node:timers/promises';
import { readCpuTimes, usedBetween } from './cpu-time.ts';

/** Servers that take longer have work that doesn't end, so a benchmark of them means nothing. */
const waitMsMax = 90_000;
/** Servers that do no more than their own sweeps, four of them together. */
const idleWindowMs = 1_000;
const idleShareMax = 0.15;
/**
 * Servers whose code is compiled and whose caches are filled use about the same CPU time in all
 * windows of this length. The difference of their shares of a core is then this at most.
 */
const steadyWindowMs = 5_000;
const steadyDifferenceMax = 0.003;

/** Resolves when the processes hardly use the CPU. */
export async function waitUntilIdle(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + waitMsMax;
  while ((await shareDuring(pids, idleWindowMs)) > idleShareMax) assertBefore(deadline);
}

/** Resolves when idle processes have used as much CPU time in a window as in the one before. */
export async function waitUntilSteady(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + waitMsMax;
  for (let before = Number.POSITIVE_INFINITY; ; assertBefore(deadline)) {
    const share = await shareDuring(pids, steadyWindowMs);
    if (share < idleShareMax && Math.abs(share - before) <= steadyDifferenceMax) return;
    before = share;
  }
}

/** @throws Error after the deadline */
function assertBefore(deadline: number): void {
  if (performance.now() > deadline) throw new Error(`The servers were still busy after ${waitMsMax / 1_000} s. Is the machine idle?`);
}

/** The share of one core that the processes use together. */
async function shareDuring(pids: readonly number[], ms: number): Promise<number> {
  const before = await readCpuTimes(pids);
  const beganAt = performance.now();
  await sleep(ms);
  const after = await readCpuTimes(pids);
  return usedBetween(before, after) / ((performance.now() - beganAt) * 1_000);
}
