import { readFile } from 'node:fs/promises';

/**
 * The kernel's counters of a process. They are the same source for every contestant, and need no
 * code in any.
 */
export interface ProcessUsage {
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** `USER_HZ`, 100 on every Linux on which Node runs, so CPU time is exact to 10 ms. */
export const msPerTick = 10;
const bytesPerPage = 4096;
/**
 * Fields of /proc/<pid>/stat after the name, which may contain spaces: the parent's id, user time,
 * system time, resident pages.
 */
export const statFields = { parent: 1, utime: 11, stime: 12, rss: 21 } as const;

async function readUsage(pid: number): Promise<ProcessUsage> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1');
  const values = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return { cpuMs: (values[statFields.utime]! + values[statFields.stime]!) * msPerTick, rssBytes: values[statFields.rss]! * bytesPerPage };
}

/** The sum over all processes. */
export async function readUsageOf(pids: readonly number[]): Promise<ProcessUsage> {
  const usages = await Promise.all(pids.map(readUsage));
  return {
    cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    rssBytes: usages.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
  };
}
