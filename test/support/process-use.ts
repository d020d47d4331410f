import { readFileSync } from 'node:fs';

/** Memory that a process has in use. */
export function residentMbOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_000;
}

/** The time for which the main thread of a process was ready to run, but no processor was free. */
export function queuedMsOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
}
