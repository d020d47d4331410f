import { effectiveTeamRole, type MemberRecord } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import { readReachableUsers } from '../../database/identity/unproven-addresses.ts';
import { readMembers, readTeamMembers } from '../../database/records/records-read.ts';

/**
 * Addresses of the owners with an active user. Each gets a mail of their own. Addresses that an
 * identity provider has only asserted get none, because they may be those of strangers.
 */
export async function loadOwnerAddresses(tx: Tx, orgId: string): Promise<string[]> {
  return addressesOf(tx, await readMembers(tx, orgId, { roles: ['owner'] }));
}

/**
 * Addresses of the members who may approve invites and requests: owners and managers (REST contract
 * 7.1).
 */
export async function loadApproverAddresses(tx: Tx, orgId: string): Promise<string[]> {
  return addressesOf(tx, await readMembers(tx, orgId, { roles: ['owner', 'manager'] }));
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
  return [...new Set([...(await loadApproverAddresses(tx, orgId)), ...(await addressesOf(tx, admins))])];
}

async function addressesOf(tx: Tx, members: readonly MemberRecord[]): Promise<string[]> {
  const users = members.flatMap(({ user }) => (user?.isActive && user.email !== null ? [{ id: user.id, email: user.email }] : []));
  const ids = users.map(({ id }) => id);
  const reachable = await readReachableUsers(tx, ids);
  return users.flatMap(({ id, email }) => (reachable.has(id) ? [email] : []));
}
