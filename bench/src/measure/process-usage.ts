import { readFile } from 'node:fs/promises';

/** What the kernel has counted for a process: the same source for every contestant, and no hook in any. */
export interface ProcessUsage {
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** `USER_HZ`, 100 on every Linux that Node runs on: CPU is exact to 10 ms. */
const msPerTick = 10;
const bytesPerPage = 4096;
/** Fields of /proc/<pid>/stat after the name, which may itself hold spaces: user time, system time, resident pages. */
const fields = { utime: 11, stime: 12, rss: 21 } as const;

async function readUsage(pid: number): Promise<ProcessUsage> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1');
  const values = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return { cpuMs: (values[fields.utime]! + values[fields.stime]!) * msPerTick, rssBytes: values[fields.rss]! * bytesPerPage };
}

/** Of all processes together. */
export async function readUsageOf(pids: readonly number[]): Promise<ProcessUsage> {
  const usages = await Promise.all(pids.map(readUsage));
  return {
    cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    rssBytes: usages.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
  };
}
