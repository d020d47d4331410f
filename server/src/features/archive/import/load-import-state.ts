import { type MemberUser, OrgState } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import {
  readMembers,
  readOrganization,
  readProjects,
  readProjectTeams,
  readTeamMembers,
  readTeams,
} from '../../../database/records/records-read.ts';
import { notFound } from '../../../domain/authorize.ts';
import { nameSlug } from '../../../domain/slugs.ts';
import type { ImportOperation } from './parse-import-lines.ts';

/**
 * The part of an organization that the lines can change: all teams and projects, the named members
 * with their teams, and all invites. So a line costs the same for any number of members. Adding a
 * member removes their invites, and removing a member removes the invites that they sent.
 * @throws OrgError `not-found`
 */
export async function loadImportState(
  tx: Tx,
  orgId: string,
  operations: readonly ImportOperation[],
  users: Iterable<MemberUser>,
): Promise<OrgState> {
  const state = new OrgState();
  const organization = await readOrganization(tx, orgId);
  if (!organization) throw notFound();
  state.put('organization', organization);
  const named = await readMembers(tx, orgId, { userIds: [...users].map(({ id }) => id) });
  const members = [...named, ...(await readMembers(tx, orgId, { isPending: true }))];
  for (const member of members) state.put('member', member);
  const teams = await readTeams(tx, orgId);
  for (const team of teams) state.put('team', team);
  for (const project of await readProjects(tx, orgId)) state.put('project', project);
  for (const row of await readProjectTeams(tx, orgId)) state.put('project-team', row);

  const removed = new Set(operations.flatMap((one) => (one.op === 'team.remove' ? [nameSlug(one.team)] : [])));
  const teamIds = teams.filter(({ slug }) => removed.has(slug)).map(({ id }) => id);
  const memberIds = members.map(({ id }) => id);
  for (const row of await readTeamMembers(tx, orgId, { memberIds })) state.put('team-member', row);
  for (const row of await readTeamMembers(tx, orgId, { teamIds })) state.put('team-member', row);
  return state;
}
