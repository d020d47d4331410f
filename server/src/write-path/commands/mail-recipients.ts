import { effectiveTeamRole, type MemberRecord } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import { readMembers, readTeamMembers } from '../../database/records/records-read.ts';

/** Addresses of the owners with an active user. Each gets a mail of their own. */
export async function loadOwnerAddresses(tx: Tx, orgId: string): Promise<string[]> {
  return addressesOf(await readMembers(tx, orgId, { roles: ['owner'] }));
}

/**
 * Addresses of the members who may approve invites and requests: owners and managers (REST contract
 * 7.1).
 */
export async function loadApproverAddresses(tx: Tx, orgId: string): Promise<string[]> {
  return addressesOf(await readMembers(tx, orgId, { roles: ['owner', 'manager'] }));
}

/**
 * Addresses of the members who may approve requests for a team: owners, managers, and admins of the
 * team (REST contract 8.5).
 */
export async function loadTeamApproverAddresses(tx: Tx, orgId: string, teamId: string): Promise<string[]> {
  const rows = await readTeamMembers(tx, orgId, { teamIds: [teamId] });
  const teamRoles = new Map(rows.map((row) => [row.memberId, row.teamRole]));
  const onTeam = teamRoles.size > 0 ? await readMembers(tx, orgId, { ids: [...teamRoles.keys()] }) : [];
  const admins = onTeam.filter(({ id, orgRole }) => effectiveTeamRole(teamRoles.get(id) ?? null, orgRole) === 'admin');
  return [...new Set([...(await loadApproverAddresses(tx, orgId)), ...addressesOf(admins)])];
}

function addressesOf(members: readonly MemberRecord[]): string[] {
  return members.flatMap(({ user }) => (user?.isActive && user.email !== null ? [user.email] : []));
}
