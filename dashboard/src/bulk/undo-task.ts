import type { MembersAction, OrganizationState, OrgRoleId, TeamRoleId } from '@rollcall/client';
import { orgRoles } from '@rollcall/client';
import type { BulkJob } from './bulk-job.ts';
import { type Before, type BulkStep, type BulkTask, changed } from './bulk-task.ts';

/**
 * The task that reverses what a job changed. It leaves out members whom others changed since, by
 * the state of the organization. Null if there is nothing to reverse.
 */
export function undoTaskOf(job: BulkJob, state: OrganizationState): BulkTask | null {
  const action = job.batches[0]?.action;
  const { before, organization, labels } = job;
  if (!before || !action || action.action === 'remove' || action.action === 'set-team-role') return null;
  const ids = [...before.keys()].filter((id) => job.outcomes.get(id) === changed || job.outcomes.get(id)?.reason === changed.reason);
  const base = { organization, labels, known: new Map(), before: null };
  if (action.action === 'set-role') {
    const roles = new Map([...state.members, ...state.invites].map(({ id, orgRole }) => [id, orgRole]));
    const still = ids.filter((id) => roles.get(id) === action.orgRole);
    return {
      ...base,
      doing: `Changing role back from ${orgRoles[action.orgRole].name}`,
      done: 'updated',
      same: ['had their role already', 'had their role already'],
      steps: groupBy(still, before).map(([role, members]) => ({ action: { action: 'set-role', orgRole: role as OrgRoleId }, members })),
    };
  }
  const { team } = action;
  const slug = state.teams.find(({ id }) => id === team)?.slug ?? team;
  const on = new Set(state.teamMembers.filter(({ teamId }) => teamId === team).map(({ memberId }) => memberId));
  const isAdding = action.action === 'remove-from-team';
  const still = ids.filter((id) => on.has(id) !== isAdding);
  const inverse: MembersAction = { action: isAdding ? 'add-to-team' : 'remove-from-team', team };
  const teamRoles = groupBy(still, before).flatMap(([role, members]): BulkStep[] =>
    isAdding && role !== null && role !== 'contributor'
      ? [{ action: { action: 'set-team-role', team, teamRole: role as TeamRoleId }, members }]
      : [],
  );
  return {
    ...base,
    doing: isAdding ? `Adding to #${slug} again` : `Removing from #${slug} again`,
    done: isAdding ? `added to #${slug}` : `removed from #${slug}`,
    same: isAdding ? ['was on it already', 'were on it already'] : ['wasn’t on it', 'weren’t on it'],
    steps: [{ action: inverse, members: still }, ...teamRoles],
  };
}

function groupBy(ids: readonly string[], before: ReadonlyMap<string, Before>): [Before, string[]][] {
  const groups = new Map<Before, string[]>();
  for (const id of ids) groups.set(before.get(id) ?? null, [...(groups.get(before.get(id) ?? null) ?? []), id]);
  return [...groups];
}
