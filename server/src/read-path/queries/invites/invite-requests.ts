import { isId, type MemberRecord, type OrganizationRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { readMembers, readOrganization } from '../../../database/records/records-read.ts';
import type { Actor } from '../../../domain/actor.ts';
import { notFound } from '../../../domain/authorize.ts';
import { isHiddenRequest } from '../../../domain/invites/invites.ts';
import { refuseJoinRequests } from '../../../domain/invites/pending-member.ts';

/**
 * Requests for an invite or for membership that are not approved yet (REST contract 7.2). Requests
 * for membership are left out if the organization does not allow them.
 */
export async function listInviteRequests(
  db: Db,
  orgId: string,
  { withJoinRequests, hidesAddresses }: { readonly withJoinRequests: boolean; readonly hidesAddresses: boolean },
  limit: number,
  offset: number,
): Promise<MemberRecord[]> {
  const statuses = ['requested_to_be_invited', ...(withJoinRequests ? ['requested_to_join'] : [])];
  const rows = await db
    .selectFrom('members')
    .select('id')
    .where('organization_id', '=', orgId)
    .where('user_id', 'is', null)
    .where('invite_status', 'in', statuses)
    // `requested_to_be_invited` precedes `requested_to_join`, as their numbers do.
    .orderBy('invite_status')
    // Sorting by hidden addresses would disclose parts of them.
    .orderBy(hidesAddresses ? sql`id` : sql`email COLLATE "C"`)
    .limit(limit)
    .offset(offset)
    .execute();
  const ids = rows.map(({ id }) => id);
  const members = new Map((await readMembers(db, orgId, { ids })).map((member) => [member.id, member]));
  return ids.flatMap((id) => members.get(id) ?? []);
}

/**
 * @throws OrgError `not-found`, `forbidden` when the organization does not allow requests to join
 */
export async function assertJoinable(db: Db, orgId: string): Promise<void> {
  refuseJoinRequests(await readOrganization(db, orgId));
}

/**
 * @throws OrgError `not-found` for members, invites, `me`, any caller without a user, and requests
 * to join when the organization does not allow them (case S-17)
 */
export async function findInviteRequest(db: Db, organization: OrganizationRecord, actor: Actor, segment: string): Promise<MemberRecord> {
  if (actor.kind !== 'user' || !isId(segment)) throw notFound();
  const [request] = await readMembers(db, organization.id, { ids: [segment] });
  if (!request || request.inviteStatus === 'approved' || isHiddenRequest(request, organization)) throw notFound();
  return request;
}
