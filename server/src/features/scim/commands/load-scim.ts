import { isId, type MemberRecord, OrgError, type OrgState, type TeamRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readExternalIds } from '../../../database/members/scim-external-ids.ts';
import { readMemberWithTeams } from '../../../database/records/caller-state-read.ts';
import { readMembersInParts } from '../../../database/records/members-in-parts.ts';
import { byIdOrSlug, readTeams } from '../../../database/records/records-read.ts';
import { loadSlugFacts, type SlugFacts } from '../../../write-path/commands/slug-facts.ts';
import { readAssertedAddresses } from '../database/asserted-addresses.ts';
import { readGroupsByName } from '../database/groups-by-name.ts';
import { groupNotFound, groupSlug, type ScimGroup, shortGroupSlug } from '../domain/groups.ts';
import { type ScimUser, userNotFound } from '../domain/users.ts';

/** Write path 2/5: reads the user or group that a path of SCIM names, under the lock. */

/**
 * Adds the member with their teams to the state.
 * @throws OrgError `not-found` also for a request
 */
export async function loadScimUser(tx: Tx, state: OrgState, segment: string): Promise<ScimUser> {
  const orgId = state.organization!.id;
  const found = isId(segment) ? await readMemberWithTeams(tx, orgId, segment) : null;
  if (found?.member.inviteStatus !== 'approved') throw userNotFound();
  state.put('member', found.member);
  for (const row of found.teamMembers) state.put('team-member', row);
  const externalIds = await readExternalIds(tx, 'members', orgId, [segment]);
  const asserted = await readAssertedAddresses(tx, orgId, [segment]);
  return { member: found.member, externalId: externalIds.get(segment) ?? null, assertedEmail: asserted.get(segment) ?? null };
}

/** @throws OrgError `not-found` */
export async function loadScimGroup(tx: Tx, state: OrgState, segment: string): Promise<ScimGroup> {
  const orgId = state.organization!.id;
  const [team] = await readTeams(tx, orgId, byIdOrSlug(segment));
  if (!team) throw groupNotFound();
  state.put('team', team);
  const externalIds = await readExternalIds(tx, 'teams', orgId, [team.id]);
  return { team, externalId: externalIds.get(team.id) ?? null };
}

/**
 * The members and invites with these ids.
 * @throws OrgError `not-found` if one of them does not exist
 */
export async function loadNamedMembers(tx: Tx, orgId: string, ids: readonly string[]): Promise<ReadonlyMap<string, MemberRecord>> {
  const found = await readMembersInParts(tx, orgId, ids.filter(isId));
  const members = new Map(found.filter(({ inviteStatus }) => inviteStatus === 'approved').map((member) => [member.id, member]));
  if (ids.some((id) => !members.has(id))) throw userNotFound();
  return members;
}

/** The facts for the slug of a new name. */
export interface GroupNameFacts {
  /** The teams that have the name in any case, or the slug that it gives. */
  readonly similar: readonly TeamRecord[];
  readonly slugs: SlugFacts;
}

export async function loadGroupName(tx: Tx, orgId: string, name: string): Promise<GroupNameFacts> {
  const slug = groupSlug(name);
  const similar = await readGroupsByName(tx, orgId, { name, slug });
  const readTaken = (taken: readonly string[]) => readTeams(tx, orgId, { slugs: taken });
  return { similar, slugs: await loadSlugFacts(shortGroupSlug(slug), readTaken) };
}

/** The error for an external id that another user or group of the organization has. */
function externalIdTaken(): OrgError {
  return new OrgError('already-exists', 'The externalId is already in use.');
}

export const scimExternalIdConflicts = { members_scim_external_id_key: externalIdTaken, teams_scim_external_id_key: externalIdTaken };
