import { isId, isSsoLinked, type MemberRecord, type OrganizationRecord } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readMemberUsers } from '../../../database/identity/users-read.ts';
import { byIdOrSlug, readMembers, readOrganization } from '../../../database/records/records-read.ts';
import { readAuthProviders } from '../../../database/security/security-records.ts';
import { isAcceptableInvite } from '../../../domain/invites/invites.ts';
import { isTokenOf } from '../../../runtime/secrets/derived-tokens.ts';

export interface FoundInvite {
  readonly organization: OrganizationRecord;
  readonly invite: MemberRecord;
  /** The name of the active identity provider. Null if there is none. */
  readonly ssoProvider: string | null;
}

/**
 * The invite that this token can accept. Null for any reason, so that callers learn no more (REST
 * contract 7.4).
 * @param org an id or a slug from the path, if the path has one
 */
export async function findInvite(db: Db, memberId: string, token: string, org: string | null, now: string): Promise<FoundInvite | null> {
  if (!isId(memberId)) return null;
  const row = await db.selectFrom('members').select(['organization_id', 'invite_token_hash']).where('id', '=', memberId).executeTakeFirst();
  if (!row || !isTokenOf(row.invite_token_hash, token)) return null;
  const [invite] = await readMembers(db, row.organization_id, { ids: [memberId] });
  const organization = await readOrganization(db, row.organization_id);
  if (!invite || organization?.status !== 'active' || !isAcceptableInvite(invite, now)) return null;
  if (org !== null && !isNamed(organization, org)) return null;
  const [provider] = organization.hasAuthProvider ? await readAuthProviders(db, organization.id) : [];
  return { organization, invite, ssoProvider: provider?.name ?? null };
}

function isNamed({ id, slug }: OrganizationRecord, segment: string): boolean {
  const named = byIdOrSlug(segment);
  return 'ids' in named ? named.ids[0] === id : named.slugs[0] === slug;
}

/** Reads a user's relation to an organization that sent an invite. */
export async function readAcceptance(
  db: Db,
  orgId: string,
  userId: string,
): Promise<{ readonly isMember: boolean; readonly isLinked: boolean; readonly hasSecondFactor: boolean }> {
  const [member] = await readMembers(db, orgId, { userIds: [userId] });
  const [user] = await readMemberUsers(db, [userId]);
  return { isMember: member !== undefined, isLinked: member !== undefined && isSsoLinked(member), hasSecondFactor: user?.has2fa ?? false };
}
