import type { Page } from 'playwright-core';

/** The tasks that blocked the page longest, in milliseconds. */
export interface LongestTasks {
  /** Elapsed time. Other work on the machine makes it longer. */
  readonly wallMs: number;
  /** The time on a processor. */
  readonly cpuMs: number;
}

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds by the clock, and on a processor. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/**
 * The longest tasks of the page's main thread during `act`, which must be the only activity in the
 * page.
 */
export async function traceTasks(page: Page, act: () => Promise<void>): Promise<LongestTasks> {
  const browser = page.context().browser()!;
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: readonly TraceEvent[] };
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;
  const mainThreads = new Set(traceEvents.filter(({ ph, args }) => ph === 'M' && args?.name === 'CrRendererMain').map(threadOf));
  const tasks = traceEvents.filter((event) => event.ph === 'X' && event.name.endsWith('RunTask') && mainThreads.has(threadOf(event)));
  if (tasks.length === 0) throw new Error('The trace of the browser contains no task.');
  return {
    wallMs: Math.max(...tasks.map(({ dur = 0 }) => dur)) / 1_000,
    cpuMs: Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1_000,
  };
}
