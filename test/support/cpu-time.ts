import { turns } from './turn-monitor.mjs';

/** Milliseconds of CPU time of this process. */
export async function spentBy(work: () => unknown): Promise<number> {
  const from = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1_000;
}

/** About 260 KB of JSON, whose parsing is compared with other work in the same run. */
const reference = JSON.stringify(
  Array.from({ length: 4_000 }, (_, id) => ({ id, name: `member ${id}`, email: `member-${id}@example.com` })),
);
/** The CPU time to parse it on an idle machine with processors of 2023. */
const referenceMs = 1.5;

/**
 * The slowness of this machine now, as a multiple of an idle one, at least 1. A busy machine
 * multiplies the CPU time of any work, because processes share caches and cores.
 */
export async function slownessNow(): Promise<number> {
  return Math.max(1, (await spentBy(() => JSON.parse(reference))) / referenceMs);
}

/**
 * Milliseconds of CPU time that the work takes on an idle machine, the median of five. Returns the
 * first measure if it is within `enough`, because most work is.
 */
export function cpuOf(work: () => unknown, enough = 0): Promise<number> {
  return medianOfFive(() => spentBy(work), enough);
}

/** The same for the longest turn of the event loop while the work runs. */
export function longestTurnOf(work: () => unknown, enough = 0): Promise<number> {
  return medianOfFive(async () => (await costOf(work)).turnMs, enough);
}

/** The CPU time of one run, and that of its longest turn of the event loop. */
export async function costOf(work: () => unknown): Promise<{ readonly ms: number; readonly turnMs: number }> {
  turns.start();
  let ms: number;
  try {
    ms = await spentBy(work);
  } finally {
    turns.stop();
  }
  return { ms, turnMs: turns.longestMs() };
}

/**
 * The milliseconds that an idle machine would need. Each measure is compared with the slowness of
 * its own time, because the load changes.
 */
export async function asIfIdle(measure: () => Promise<number>): Promise<number> {
  const before = await slownessNow();
  const ms = await measure();
  return (2 * ms) / (before + (await slownessNow()));
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function medianOfFive(measure: () => Promise<number>, enough: number): Promise<number> {
  const first = await measure();
  if (first <= enough) return first;
  const measured: number[] = [];
  for (let round = 0; round < 5; round++) measured.push(await asIfIdle(measure));
  return median(measured);
}
