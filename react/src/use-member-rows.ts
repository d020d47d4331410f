import { useCan, useInvites, useMembers, useTeamMembers, useTeams } from '@rollcall/client/react';
import { useDeferredValue, useMemo } from 'react';
import { rowsOf, type SortKey, sortRows } from './member-rows.ts';
import { searchRows } from './member-search.ts';
import { useInteraction } from './parts/use-interaction.ts';
import { useSteadyRows } from './parts/use-steady-rows.ts';
import type { Sort } from './parts/virtual-table.tsx';

/**
 * The rows of a table of members: all of them, those that match the query, and those to render,
 * which keep their positions while the pointer or the focus is in the element with `interaction`.
 * `hiddenIds` are rows that the user removed.
 */
export function useMemberRows(query: string, { by, isDescending }: Sort, hiddenIds?: ReadonlySet<string>) {
  const members = useMembers();
  const invites = useInvites();
  const teams = useTeams();
  const teamMembers = useTeamMembers();
  const { allowed: sees2fa } = useCan('member:admin');
  const { isInteracting, props: interaction } = useInteraction();
  // The field shows each letter immediately. Filtering 10,000 rows is deferred.
  const searched = useDeferredValue(query);
  const rows = useMemo(() => rowsOf({ members, invites, teams, teamMembers }), [members, invites, teams, teamMembers]);
  // Sorted before filtering, so that typing does not sort again.
  const sorted = useMemo(() => sortRows(rows, by as SortKey, isDescending), [rows, by, isDescending]);
  const found = useMemo(() => searchRows(sorted, searched, sees2fa), [sorted, searched, sees2fa]);
  const shown = useSteadyRows(found, `${searched}|${by}|${isDescending}`, isInteracting, hiddenIds);
  return { rows, found, shown, interaction, sees2fa };
}
