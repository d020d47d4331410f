import { OrgError } from '@rollcall/protocol';
import { readMembers, readOrganization } from '../../../database/records/records-read.ts';
import {
  readMemberIdsOfUser,
  readOrganizationsOfUser,
  readPersonNames,
  readUserNames,
} from '../../../database/retention/removed-members.ts';
import { readRetentions } from '../../../database/security/security-records.ts';
import { isOnlyOwner, lastOwner } from '../../../domain/members/only-owner.ts';
import { assertNoLegalHold } from '../../../domain/retention/legal-hold.ts';
import { aliasOfUser, personOf } from '../../../domain/retention/redact.ts';
import { serverStreamId } from '../../../domain/server-stream.ts';
import { redactPerson } from '../../commands/retention/redact-person.ts';
import { runCommand, type WritePath } from '../../run-command.ts';
import { runSystemCommand } from '../../run-system-command.ts';
import { eraseAccount } from './erase-account.ts';

export interface EraseUser {
  readonly userId: string;
  /** False if the user erases their own account. */
  readonly isByOperator: boolean;
}

/**
 * The maximum number of rounds. A new round is needed only if the user has joined another
 * organization during the last one.
 */
const roundsMax = 3;

/**
 * Erases a user everywhere (REST contract 13.17): one command per organization, then one for the
 * account. A refusal by one organization is found before the first command, unless the organization
 * changes in between. The call can be repeated, and continues then.
 * @returns the organizations whose history the retention job has to rewrite
 * @throws OrgError `legal-hold`; `last-owner` for the only owner of an organization
 */
export async function eraseUser(writePath: WritePath, { userId, isByOperator }: EraseUser, requestId: string): Promise<string[]> {
  const { db } = writePath.database;
  const names = await readUserNames(db, userId);
  if (names.includes(aliasOfUser(userId).email)) return [];
  const { addresses } = personOf({ userId, memberIds: [] }, names);
  await refuseErasure(writePath, userId, await readOrganizationsOfUser(db, userId, addresses));
  const erased = new Set<string>();
  for (let round = 1; round <= roundsMax; round++) {
    for (const orgId of await readOrganizationsOfUser(db, userId, addresses)) {
      const memberIds = await readMemberIdsOfUser(db, orgId, userId, addresses);
      if (memberIds.length === 0) continue;
      const person = personOf({ userId, memberIds }, [...names, ...(await readPersonNames(db, orgId, userId, memberIds))]);
      await runSystemCommand(writePath, redactPerson, { orgId, input: { person, endsMembership: true, isByOperator }, requestId });
      erased.add(orgId);
    }
    if (await runErasure(writePath, userId, names, requestId)) break;
    if (round === roundsMax) throw new OrgError('unavailable', 'The user joined another organization at the same time. Try again.');
  }
  writePath.log.info({ userId, orgIds: [...erased] }, 'erased a user; the history of the organizations is rewritten in the background');
  return [...erased];
}

async function refuseErasure({ database: { db } }: WritePath, userId: string, orgIds: readonly string[]): Promise<void> {
  const owned: string[] = [];
  for (const orgId of orgIds) {
    const [organization, [retention = null], owners] = await Promise.all([
      readOrganization(db, orgId),
      readRetentions(db, orgId),
      readMembers(db, orgId, { roles: ['owner'] }),
    ]);
    assertNoLegalHold(retention);
    const own = owners.find(({ user }) => user?.id === userId);
    if (organization && own && isOnlyOwner(organization, own, owners)) owned.push(organization.slug);
  }
  if (owned.length > 0) throw lastOwner(owned);
}

/** False if the user is a member again. */
async function runErasure(writePath: WritePath, userId: string, names: readonly string[], requestId: string): Promise<boolean> {
  const { response } = await runCommand(writePath, eraseAccount, {
    orgId: serverStreamId,
    actor: { kind: 'system' },
    input: { userId, names },
    requestId,
    respond: async (_tx, isErased) => ({ status: 200, body: isErased }),
  });
  return response.body === true;
}
