import { readdir, readFile } from 'node:fs/promises';

/** The CPU time of each process in microseconds. */
export type CpuTimes = ReadonlyMap<number, number>;

/**
 * Reads the scheduler's times. They are exact enough for rounds of a second, unlike the ticks of
 * 10 ms that `process-usage.ts` reads.
 */
export async function readCpuTimes(pids: readonly number[]): Promise<CpuTimes> {
  return new Map(await Promise.all(pids.map(async (pid) => [pid, await readCpuUs(pid)] as const)));
}

/** The time that the processes used in between. It includes processes that are new. */
export function usedBetween(before: CpuTimes, after: CpuTimes): number {
  return [...after].reduce((sum, [pid, us]) => sum + us - (before.get(pid) ?? 0), 0);
}

/** `/proc/<pid>/schedstat` counts the first thread only. */
async function readCpuUs(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const times = await Promise.all(
    threads.map(async (thread) => {
      const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').catch(() => '0');
      return Number(text.split(' ', 1)[0]) / 1_000;
    }),
  );
  return times.reduce((sum, us) => sum + us, 0);
}
