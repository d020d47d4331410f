/** When a row goes, whoever worked in it goes on in the next one, or the one before: at its link. */
export function focusNeighbor(row: Element | null): void {
  const neighbor = rowBeside(row, 'nextElementSibling') ?? rowBeside(row, 'previousElementSibling');
  const link = neighbor?.querySelector<HTMLElement>('th a, th button');
  // After the menu that it was chosen in has given the focus back to a button that is gone by then.
  if (link) requestAnimationFrame(() => requestAnimationFrame(() => link.focus()));
}

function rowBeside(row: Element | null, side: 'nextElementSibling' | 'previousElementSibling'): Element | null {
  const beside = row?.[side] ?? null;
  return beside?.hasAttribute('data-index') && !beside.hasAttribute('inert') ? beside : null;
}
