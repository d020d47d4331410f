import {
  isRecoveryOwner,
  type LogChange,
  type MemberRecord,
  type MemberUser,
  type OrganizationRecord,
  type TeamMemberRecord,
} from '@rollcall/protocol';
import { readJoiningUsers, readMemberUsers } from '../../../database/identity/users-read.ts';
import { readMembers, readOrganization, readTeamMembers } from '../../../database/records/records-read.ts';
import { type AuditEvent, memberEvent } from '../../../domain/audit/audit.ts';
import { updated } from '../../../domain/changes.ts';
import { removedMembers } from '../../../domain/members/member-removal.ts';
import { memberWithUser } from '../../../domain/members/member-user.ts';
import { reattachedMember } from '../../../domain/members/second-factor.ts';
import type { Command } from '../../command.ts';
import { readExternalIdChanges } from '../../reactions/derive-external-ids.ts';
import { loadOwnerAddresses } from '../mail-recipients.ts';
import { secondFactorLostMails } from './recovery-owner-mails.ts';

export interface RefreshMemberUser {
  readonly userId: string;
}

interface Facts {
  /** Null if the user has left in between. */
  readonly member: MemberRecord | null;
  /**
   * The detached member of a user whom a required second factor locked out. Null if there is none.
   */
  readonly detached: MemberRecord | null;
  readonly detachedTeams: readonly TeamMemberRecord[];
  readonly user: MemberUser | null;
  /** The changes of the member's external id. That of a returning user follows from the return. */
  readonly externalIdChanges: readonly LogChange[];
  /** Null unless the member is a recovery owner. */
  readonly recovery: { readonly organization: OrganizationRecord; readonly ownerAddresses: readonly string[] } | null;
}

/**
 * Updates one organization's copy of a user. The server runs it after each change to a user. It
 * also reinstates a member who was locked out without a second factor and now has one, regardless
 * of the time in between.
 */
export const refreshMemberUser: Command<RefreshMemberUser, Facts, null> = {
  name: 'refresh-member-user',
  endsAccess: () => true,

  async load(tx, { userId }, { orgId }) {
    const [member = null] = await readMembers(tx, orgId, { userIds: [userId] });
    const [detached = null] = await readMembers(tx, orgId, { detachedUserIds: [userId] });
    const [user = null] = await (detached ? readJoiningUsers : readMemberUsers)(tx, [userId]);
    const detachedTeams = detached ? await readTeamMembers(tx, orgId, { memberIds: [detached.id] }) : [];
    const organization = member && isRecoveryOwner(member) ? await readOrganization(tx, orgId) : null;
    const recovery = organization && { organization, ownerAddresses: await loadOwnerAddresses(tx, orgId) };
    const externalIdChanges = member ? await readExternalIdChanges(tx, orgId, { joined: [userId], left: [] }) : [];
    return { member, detached, detachedTeams, user, recovery, externalIdChanges };
  },

  decide(_input, { member, detached, detachedTeams, user, recovery, externalIdChanges }) {
    if (!user) return { changes: [], result: null };
    const after = member && memberWithUser<MemberRecord>(member, user);
    const changes = [...(member ? updated('member', member, after!) : []), ...externalIdChanges];
    const mails = recovery ? secondFactorLostMails(recovery.organization, member!, after!, recovery.ownerAddresses) : [];
    if (!detached) return { changes, mails, result: null };
    const returning = decideReturn(detached, detachedTeams, user, member !== null);
    return { changes: [...changes, ...returning.changes], audit: returning.audit, mails, result: null };
  },
};

function decideReturn(
  detached: MemberRecord,
  teams: readonly TeamMemberRecord[],
  user: MemberUser,
  isMember: boolean,
): { changes: readonly LogChange[]; audit: readonly AuditEvent[] } {
  // The user has rejoined through another invite, so the detached member is obsolete.
  if (isMember) return { changes: removedMembers([detached], teams), audit: [] };
  if (!user.has2fa || !user.isActive) {
    return { changes: updated('member', detached, { ...detached, detachedUser: { id: user.id, name: user.name } }), audit: [] };
  }
  const member = reattachedMember(detached, user);
  const note = 'set up two-factor authentication and regained access';
  return { changes: updated('member', detached, member), audit: [memberEvent('member.accept-invite', member, note)] };
}
