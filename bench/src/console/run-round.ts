import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { visit } from '../../../test/support/browser.ts';
import { type LongestTasks, traceTasks } from './trace-tasks.ts';
import { watchPage } from './watch-page.ts';

const typed = 'member-1234@example.';
/** The speed of a fast typist. */
const keyIntervalMs = 100;
/** A fast wheel: ten screens per second. */
const wheelTurns = 120;
const wheelPixels = 160;
const wheelIntervalMs = 16;
/** The time for pending work to finish. */
const settleMs = 500;

/** The measurements of a round, in milliseconds. */
export interface Round {
  readonly fieldMs: number;
  readonly rowsMs: number;
  readonly loading: LongestTasks;
  readonly typing: LongestTasks;
  /** The longest time from a key to the frame that shows it. */
  readonly keyMs: number;
  readonly scrolling: LongestTasks;
  /** The time between frames while scrolling, 98th percentile. */
  readonly frameMs: number;
}

export interface Target {
  readonly url: string;
  readonly path: string;
  readonly cookie: string;
}

/** Opens the page like a first visitor, types into the search, and scrolls. */
export async function runRound({ url, path, cookie }: Target, profile: string | null): Promise<Round> {
  await using visitor = await visit(url, 'about:blank', { cookie, isFirst: true });
  const { page, context } = visitor;
  const debug = profile === null ? null : await context.newCDPSession(page);
  await debug?.send('Profiler.enable');
  await debug?.send('Profiler.start');
  // The compiler wraps functions in `__name`, which doesn't exist in a page.
  await page.addInitScript(`{ const __name = (named) => named; (${watchPage})(); }`);
  const loading = await traceTasks(page, async () => {
    await page.goto(new URL(path, url).href);
    await page.locator('tbody tr[data-index]').first().waitFor();
    await sleep(settleMs);
  });
  const search = page.getByRole('searchbox');
  await search.click();
  const typingAt = await page.evaluate(() => performance.now());
  const typing = await traceTasks(page, async () => {
    await search.pressSequentially(typed, { delay: keyIntervalMs });
    await sleep(settleMs);
  });
  await search.fill('');
  // Moves the pointer over the list, where a user would turn the wheel.
  await page.mouse.move(600, 500);
  await sleep(settleMs);
  const scrollingAt = await page.evaluate(() => performance.now());
  const scrolling = await traceTasks(page, async () => {
    for (let turn = 0; turn < wheelTurns; turn++) {
      await page.mouse.wheel(0, wheelPixels);
      await sleep(wheelIntervalMs);
    }
  });
  const { fieldAt, rowsAt, events, frames } = await page.evaluate(() => globalThis.pageTimes);
  if (debug) writeFileSync(profile!, JSON.stringify((await debug.send('Profiler.stop')).profile));
  if (visitor.faults.length > 0) throw new Error(visitor.faults.join('\n'));
  const keys = events.filter(({ at }) => at >= typingAt && at < scrollingAt).map(({ ms }) => ms);
  return {
    fieldMs: fieldAt,
    rowsMs: rowsAt,
    loading,
    typing,
    keyMs: Math.max(0, ...keys),
    scrolling,
    frameMs: gapOf98(frames.filter((at) => at >= scrollingAt)),
  };
}

function gapOf98(frames: readonly number[]): number {
  const gaps = frames.slice(1).map((at, index) => at - frames[index]!);
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length * 0.98)] ?? 0;
}
