/**
 * Moves the focus from a row that is about to disappear to the link of the next or previous row.
 */
export function focusNeighbor(row: Element | null): void {
  const neighbor = rowBeside(row, 'nextElementSibling') ?? rowBeside(row, 'previousElementSibling');
  const link = neighbor?.querySelector<HTMLElement>('th a, th button');
  // Waits two frames, because a menu returns the focus to its button first.
  if (link) requestAnimationFrame(() => requestAnimationFrame(() => link.focus()));
}

function rowBeside(row: Element | null, side: 'nextElementSibling' | 'previousElementSibling'): Element | null {
  const beside = row?.[side] ?? null;
  return beside?.hasAttribute('data-index') && !beside.hasAttribute('inert') ? beside : null;
}
