import { useRef } from 'react';

interface Identified {
  readonly id: string;
}

export interface SteadyRow<Row extends Identified> extends Identified {
  readonly row: Row;
  readonly isGone: boolean;
}

interface Last<Row extends Identified> {
  readonly found: readonly Row[];
  readonly hiddenIds: ReadonlySet<string>;
  readonly view: string;
  /** Whether rows keep their previous positions, which may not be their sorted positions. */
  readonly isFrozen: boolean;
  readonly rows: readonly SteadyRow<Row>[];
}

/**
 * The rows as they should be rendered. While the pointer or the focus is in the table
 * (`isInteracting`), no row moves: removed rows leave an empty row, new rows are appended, and the
 * table is sorted again afterwards, or for another `view` (search, sorting). Returns the same array
 * until something changes: with 10,000 rows, a new array costs some milliseconds.
 */
export function useSteadyRows<Row extends Identified>(
  found: readonly Row[],
  view: string,
  isInteracting: boolean,
  hiddenIds: ReadonlySet<string> = none,
): readonly SteadyRow<Row>[] {
  const last = useRef<Last<Row> | null>(null);
  last.current = nextRows(last.current, found, view, isInteracting, hiddenIds);
  return last.current.rows;
}

const none: ReadonlySet<string> = new Set();

export function nextRows<Row extends Identified>(
  last: Last<Row> | null,
  found: readonly Row[],
  view: string,
  isInteracting: boolean,
  hiddenIds: ReadonlySet<string>,
): Last<Row> {
  const isSame = last !== null && last.found === found && last.hiddenIds === hiddenIds && last.view === view;
  if (isSame && (isInteracting || !last.isFrozen)) return last;
  const shown = hiddenIds.size === 0 ? found : found.filter(({ id }) => !hiddenIds.has(id));
  const isFrozen = isInteracting && last !== null && last.view === view && last.rows.length > 0;
  const rows = isFrozen ? keepPositions(last.rows, shown, hiddenIds) : shown.map((row) => steady(row, false));
  return { found, hiddenIds, view, isFrozen, rows };
}

function steady<Row extends Identified>(row: Row, isGone: boolean): SteadyRow<Row> {
  return { id: row.id, row, isGone };
}

export function keepPositions<Row extends Identified>(
  before: readonly SteadyRow<Row>[],
  now: readonly Row[],
  hiddenIds: ReadonlySet<string>,
): readonly SteadyRow<Row>[] {
  const byId = new Map(now.map((row) => [row.id, row]));
  const frozen: SteadyRow<Row>[] = [];
  for (const { row } of before) {
    const { id } = row;
    // A row that the user removed leaves no gap.
    if (hiddenIds.has(id)) continue;
    frozen.push(steady(byId.get(id) ?? row, !byId.has(id)));
    byId.delete(id);
  }
  return [...frozen, ...[...byId.values()].map((row) => steady(row, false))];
}
