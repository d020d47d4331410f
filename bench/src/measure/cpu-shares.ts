import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { msPerTick, statFields } from './process-usage.ts';

/**
 * Where the CPU time of a run goes. The clients of a benchmark share the machine with its servers,
 * so a latency may be that of a busy machine. A report of shares makes that visible.
 */

/** The ids of the Node processes of each role. Databases are found by their program. */
export type Roles = Readonly<Record<string, readonly number[]>>;

export interface CpuReading {
  readonly atMs: number;
  /** The CPU time so far, in milliseconds, by role. */
  readonly cpuMs: ReadonlyMap<string, number>;
}

const databases: Readonly<Record<string, string>> = { postgres: 'PostgreSQL', 'redis-server': 'Redis' };
const others = 'the benchmark itself';

/** Reads the CPU time of this process and of all that it has started. */
export async function readCpuByRole(roles: Roles): Promise<CpuReading> {
  const roleOfPid = new Map(Object.entries(roles).flatMap(([role, pids]) => pids.map((pid) => [pid, role] as const)));
  const processes = await readProcesses();
  const cpuMs = new Map<string, number>();
  for (const { pid, program, ms } of processes.values()) {
    if (!isOfThisRun(pid, processes)) continue;
    const role = roleOfPid.get(pid) ?? databases[program] ?? others;
    cpuMs.set(role, (cpuMs.get(role) ?? 0) + ms);
  }
  return { atMs: performance.now(), cpuMs };
}

/** For example `servers 61 %, subscribers 40 %; 105 of 200 %`. 100 % is one processor. */
export function describeShares(before: CpuReading, after: CpuReading): string {
  const elapsedMs = after.atMs - before.atMs;
  const percents = [...after.cpuMs].map(
    ([role, ms]) => [role, Math.round((100 * (ms - (before.cpuMs.get(role) ?? 0))) / elapsedMs)] as const,
  );
  percents.sort(([, a], [, b]) => b - a);
  const sum = percents.reduce((total, [, percent]) => total + percent, 0);
  return `${percents.map(([role, percent]) => `${role} ${percent} %`).join(', ')}; ${sum} of ${100 * availableParallelism()} %`;
}

interface ProcessTime {
  readonly pid: number;
  readonly parent: number;
  readonly program: string;
  readonly ms: number;
}

async function readProcesses(): Promise<ReadonlyMap<number, ProcessTime>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null)));
  return new Map(read.flatMap((text) => (text === null ? [] : [parseStat(text)])).map((one) => [one.pid, one]));
}

function parseStat(text: string): ProcessTime {
  const [open, close] = [text.indexOf('('), text.lastIndexOf(')')];
  const values = text.slice(close + 2).split(' ');
  const ticks = Number(values[statFields.utime]) + Number(values[statFields.stime]);
  return {
    pid: Number.parseInt(text, 10),
    program: text.slice(open + 1, close),
    parent: Number(values[statFields.parent]),
    ms: ticks * msPerTick,
  };
}

function isOfThisRun(pid: number, processes: ReadonlyMap<number, ProcessTime>): boolean {
  for (let at: number | undefined = pid; at !== undefined; at = processes.get(at)?.parent) if (at === process.pid) return true;
  return false;
}
