import { useRef } from 'react';

interface Identified {
  readonly id: string;
}

export interface SteadyRow<Row extends Identified> {
  readonly row: Row;
  readonly isGone: boolean;
}

interface Last<Row extends Identified> {
  readonly view: string;
  readonly rows: readonly SteadyRow<Row>[];
}

/**
 * The rows as they should be drawn. While somebody points at them or works in them (`isHeld`), none moves: who is gone keeps an
 * empty place, who came is at the end, and the order is made anew once the rows are let go, or for another `view` (search, sorting).
 */
export function useSteadyRows<Row extends Identified>(
  found: readonly Row[],
  view: string,
  isHeld: boolean,
  hiddenIds: ReadonlySet<string> = none,
): readonly SteadyRow<Row>[] {
  const last = useRef<Last<Row>>({ view, rows: [] });
  const shown = found.filter(({ id }) => !hiddenIds.has(id));
  const mayMove = !isHeld || last.current.view !== view || last.current.rows.length === 0;
  const rows = mayMove ? shown.map((row) => ({ row, isGone: false })) : keepPlaces(last.current.rows, shown, hiddenIds);
  last.current = { view, rows };
  return rows;
}

const none: ReadonlySet<string> = new Set();

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
    kept.push({ row: byId.get(id) ?? row, isGone: !byId.has(id) });
    byId.delete(id);
  }
  return [...kept, ...[...byId.values()].map((row) => ({ row, isGone: false }))];
}
