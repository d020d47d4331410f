import { readFileSync } from 'node:fs';

/** Memory that a process has in use. */
export function residentMbOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_000;
}
