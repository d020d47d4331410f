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
  /** Whether some are kept where they were, and not where they would be now. */
  readonly isKept: boolean;
  readonly rows: readonly SteadyRow<Row>[];
}

/**
 * The rows as they should be drawn. While somebody points at them or works in them (`isHeld`), none moves: who is gone keeps an
 * empty place, who came is at the end, and the order is made anew once the rows are let go, or for another `view` (search, sorting).
 * The same array until something about it changes: of ten thousand rows each new one costs the table some milliseconds.
 */
export function useSteadyRows<Row extends Identified>(
  found: readonly Row[],
  view: string,
  isHeld: boolean,
  hiddenIds: ReadonlySet<string> = none,
): readonly SteadyRow<Row>[] {
  const last = useRef<Last<Row> | null>(null);
  last.current = nextRows(last.current, found, view, isHeld, hiddenIds);
  return last.current.rows;
}

const none: ReadonlySet<string> = new Set();

export function nextRows<Row extends Identified>(
  last: Last<Row> | null,
  found: readonly Row[],
  view: string,
  isHeld: boolean,
  hiddenIds: ReadonlySet<string>,
): Last<Row> {
  const isSame = last !== null && last.found === found && last.hiddenIds === hiddenIds && last.view === view;
  if (isSame && (isHeld || !last.isKept)) return last;
  const shown = hiddenIds.size === 0 ? found : found.filter(({ id }) => !hiddenIds.has(id));
  const isKept = isHeld && last !== null && last.view === view && last.rows.length > 0;
  const rows = isKept ? keepPlaces(last.rows, shown, hiddenIds) : shown.map((row) => steady(row, false));
  return { found, hiddenIds, view, isKept, rows };
}

function steady<Row extends Identified>(row: Row, isGone: boolean): SteadyRow<Row> {
  return { id: row.id, row, isGone };
}

export function keepPlaces<Row extends Identified>(
  before: readonly SteadyRow<Row>[],
  now: readonly Row[],
  hiddenIds: ReadonlySet<string>,
): readonly SteadyRow<Row>[] {
  const byId = new Map(now.map((row) => [row.id, row]));
  const kept: SteadyRow<Row>[] = [];
  for (const { row } of before) {
    const { id } = row;
    // What I took away myself closes up; I know where I pointed.
    if (hiddenIds.has(id)) continue;
    kept.push(steady(byId.get(id) ?? row, !byId.has(id)));
    byId.delete(id);
  }
  return [...kept, ...[...byId.values()].map((row) => steady(row, false))];
}
