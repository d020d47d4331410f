/**
 * Measurements inside a page. The function runs before the page's own scripts, and must not refer
 * to anything outside of it.
 */

/** Milliseconds since the navigation began. */
export interface PageTimes {
  /** When the input field was drawn. */
  fieldAt: number;
  /** When rows of the list were drawn. */
  rowsAt: number;
  /** The time from each user event to the next frame, in steps of 8 ms, if it was 16 ms or more. */
  readonly events: { readonly at: number; readonly ms: number }[];
  /** When frames could be drawn. */
  readonly frames: number[];
}

declare global {
  var pageTimes: PageTimes;
}

export function watchPage(): void {
  const times: PageTimes = { fieldAt: 0, rowsAt: 0, events: [], frames: [] };
  globalThis.pageTimes = times;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) times.events.push({ at: startTime, ms: duration });
  }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  const frame = (now: number) => {
    times.frames.push(now);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  // An element is drawn one frame after it is added to the document.
  const whenDrawn = (selector: string, note: (now: number) => void) =>
    new MutationObserver((_, observer) => {
      if (!document.querySelector(selector)) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => note(performance.now())));
    }).observe(document, { childList: true, subtree: true });
  whenDrawn('input[type="search"]', (now) => {
    times.fieldAt = now;
  });
  whenDrawn('tbody tr[data-index]', (now) => {
    times.rowsAt = now;
  });
}
