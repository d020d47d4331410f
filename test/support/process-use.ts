import { readFileSync } from 'node:fs';

/** Linux counts a process's CPU time in these. */
const tickMs = 10;

/** CPU time of a process since its start, the kernel's on its behalf included. */
export function cpuMsOf(pid: number): number {
  // The name in parentheses may hold spaces: fields are counted from behind it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Memory that a process has in use. */
export function residentMbOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_000;
}
