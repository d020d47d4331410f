/** What a page tells of itself. It runs in the page, before any script of the page's own: everything it needs is inside. */

/** Times are in milliseconds since the navigation began. */
export interface PageTimes {
  /** When there was something to type in, drawn. */
  fieldAt: number;
  /** When rows of the list were drawn. */
  rowsAt: number;
  /** From each event of the user to the next picture, in steps of 8 ms, where it was 16 ms or more. */
  readonly events: { readonly at: number; readonly ms: number }[];
  /** When pictures could be drawn. */
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
  // Once it is in the document it takes a frame until it is drawn.
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
