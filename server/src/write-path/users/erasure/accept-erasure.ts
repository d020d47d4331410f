import { readErasure } from '../../../database/identity/erasures.ts';
import { type OrganizationOfUser, readOrganizationsOfUser, readVerifiedAddresses } from '../../../database/members/removed-members.ts';
import { readMembers, readOrganization } from '../../../database/records/records-read.ts';
import { readRetentions } from '../../../database/security/security-records.ts';
import { refuseLastRecoveryOwner } from '../../../domain/access/recovery-owners.ts';
import { isOnlyOwner, lastOwner } from '../../../domain/members/only-owner.ts';
import type { OperatorActor } from '../../../domain/operator.ts';
import { assertNoLegalHold } from '../../../domain/organizations/legal-hold.ts';
import { serverStreamId } from '../../../domain/server-stream.ts';
import { runCommand, type WritePath } from '../../run-command.ts';
import { beginErasure } from './begin-erasure.ts';

export interface EraseUser {
  readonly userId: string;
  /** Null if the user erases their own account. */
  readonly operator: OperatorActor | null;
}

/**
 * Accepts the erasure of a user (REST contract 13.17), after it has checked everything that refuses
 * it. The job `erase-user` does the rest.
 * @returns whether the erasure is new. Otherwise it was accepted before, and nothing changes
 * @throws OrgError `legal-hold`; `last-owner` for the only owner of an organization; `invalid` for
 * the last recovery owner
 */
export async function acceptErasure(writePath: WritePath, input: EraseUser, requestId: string): Promise<boolean> {
  const { db } = writePath.database;
  const { userId } = input;
  if (await readErasure(db, userId)) return false;
  const addresses = await readVerifiedAddresses(db, userId);
  const organizations = await readOrganizationsOfUser(db, userId, addresses);
  await refuseErasure(writePath, input, organizations);
  const orgIds = organizations.map(({ orgId }) => orgId);
  const isNew = await begin(writePath, input, orgIds, requestId);
  if (isNew) writePath.log.info({ userId, orgIds }, 'accepted the erasure of a user');
  return isNew;
}

async function refuseErasure(
  { database: { db } }: WritePath,
  { userId, operator }: EraseUser,
  organizations: readonly OrganizationOfUser[],
): Promise<void> {
  const owned: string[] = [];
  for (const { orgId, isMember } of organizations) {
    // Any organization can invite anyone. Only those that the user joined can refuse.
    if (!isMember) continue;
    const [organization, [retention = null], owners] = await Promise.all([
      readOrganization(db, orgId),
      readRetentions(db, orgId),
      readMembers(db, orgId, { roles: ['owner'] }),
    ]);
    assertNoLegalHold(retention);
    const own = owners.find(({ user }) => user?.id === userId);
    if (!organization || !own) continue;
    if (isOnlyOwner(organization, own, owners)) owned.push(organization.slug);
    else if (operator === null) refuseLastRecoveryOwner(organization, own, owners);
  }
  if (owned.length > 0) throw lastOwner(owned);
}

async function begin(
  writePath: WritePath,
  { userId, operator }: EraseUser,
  orgIds: readonly string[],
  requestId: string,
): Promise<boolean> {
  const { response } = await runCommand(writePath, beginErasure, {
    orgId: serverStreamId,
    actor: operator ?? { kind: 'system' },
    input: { userId, isByOperator: operator !== null, orgIds },
    requestId,
    respond: async (_tx, isNew) => ({ status: 200, body: isNew }),
  });
  return response.body === true;
}
