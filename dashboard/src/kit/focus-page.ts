/**
 * Moves the focus to the heading of the page, after the element that had it was removed. The page
 * isn’t scrolled.
 */
export function focusPage(): void {
  document.querySelector<HTMLElement>('#page h1')?.focus({ preventScroll: true });
}
