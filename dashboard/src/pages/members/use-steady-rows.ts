import { useRef } from 'react';
import type { MemberRow } from './member-rows.ts';

export interface SteadyRow {
  readonly row: MemberRow;
  readonly isGone: boolean;
}

interface Last {
  readonly view: string;
  readonly rows: readonly SteadyRow[];
}

/**
 * The rows as they should be drawn. While somebody points at them or works in them (`isHeld`), none moves: who is gone keeps an
 * empty place, who came is at the end, and the order is made anew once the rows are let go, or for another `view` (search, sorting).
 */
export function useSteadyRows(
  found: readonly MemberRow[],
  view: string,
  isHeld: boolean,
  hiddenIds: ReadonlySet<string>,
): readonly SteadyRow[] {
  const last = useRef<Last>({ view, rows: [] });
  const shown = found.filter(({ member }) => !hiddenIds.has(member.id));
  const mayMove = !isHeld || last.current.view !== view || last.current.rows.length === 0;
  const rows = mayMove ? shown.map((row) => ({ row, isGone: false })) : keepPlaces(last.current.rows, shown, hiddenIds);
  last.current = { view, rows };
  return rows;
}

export function keepPlaces(before: readonly SteadyRow[], now: readonly MemberRow[], hiddenIds: ReadonlySet<string>): readonly SteadyRow[] {
  const byId = new Map(now.map((row) => [row.member.id, row]));
  const kept: SteadyRow[] = [];
  for (const { row } of before) {
    const { id } = row.member;
    // What I took away myself closes up; I know where I pointed.
    if (hiddenIds.has(id)) continue;
    kept.push({ row: byId.get(id) ?? row, isGone: !byId.has(id) });
    byId.delete(id);
  }
  return [...kept, ...[...byId.values()].map((row) => ({ row, isGone: false }))];
}
