import type { AuditEntryRecord, LogChange, MemberRecord, OrganizationRecord, RetentionRecord, TeamMemberRecord } from '@rollcall/protocol';
import { readLiveAuditEntries } from '../../../database/audit/audit-entries.ts';
import { markRedacted } from '../../../database/identity/erasures.ts';
import { readMembersByEmail } from '../../../database/members/members-by-email.ts';
import { forgetRemovedMembers, isOrWasMember, savePendingRedaction } from '../../../database/members/removed-members.ts';
import { readInvitedMembers } from '../../../database/records/members-in-parts.ts';
import { readMembers, readOrganization, readTeamMembers } from '../../../database/records/records-read.ts';
import { readRetentions } from '../../../database/security/security-records.ts';
import { refuseLastRecoveryOwner } from '../../../domain/access/recovery-owners.ts';
import { memberEvent } from '../../../domain/audit/audit.ts';
import { forbidden, notFound } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import { removedMembers, withdrawnInvites, withoutDuplicates } from '../../../domain/members/member-removal.ts';
import { refuseOnlyOwner } from '../../../domain/members/only-owner.ts';
import { assertNoLegalHold } from '../../../domain/organizations/legal-hold.ts';
import { flatMapYielding } from '../../../runtime/tasks/map-yielding.ts';
import type { Command } from '../../../write-path/command.ts';
import { saveAuditEntries } from '../database/redact-rows.ts';
import { aliasOf, type Person, Redactor } from '../domain/replace-person.ts';

export interface RedactPerson {
  readonly person: Person;
  /**
   * Whether the person's membership ends. Otherwise the command changes nothing for a person who is
   * a member again.
   */
  readonly endsMembership: boolean;
  /** Whether the operator erases the person. The operator erases the last recovery owner too. */
  readonly isByOperator: boolean;
}

interface Facts {
  readonly person: Person;
  readonly organization: OrganizationRecord;
  readonly retention: RetentionRecord | null;
  /** Whether the person has a member, which may be locked out. An invite or a request is none. */
  readonly isMember: boolean;
  /** Whether a legal hold keeps the data. It doesn't for an erased user who was only invited. */
  readonly isHeld: boolean;
  /** The person's members, invites and requests that the command removes. */
  readonly own: readonly MemberRecord[];
  /** The person's members, and the invites that end with them. */
  readonly gone: readonly MemberRecord[];
  /** The changes of the other members and invites that the person invited. */
  readonly redactedInvited: readonly LogChange[];
  readonly owners: readonly MemberRecord[];
  /** The teams of all members that the command removes. */
  readonly teamMembers: readonly TeamMemberRecord[];
  readonly liveEntries: readonly AuditEntryRecord[];
}

type Outcome = 'redacted' | 'is-member';

/**
 * Replaces a person's names and addresses in an organization's state (REST contract 13.17). The
 * rows of the past are rewritten afterwards, by the retention job: the command stores what to
 * replace.
 */
export const redactPerson: Command<RedactPerson, Facts, Outcome> = {
  name: 'redact-person',
  endsAccess: ({ endsMembership }) => endsMembership,

  async load(tx, { person, endsMembership }, { orgId }) {
    const userIds = person.userId === null ? [] : [person.userId];
    const [organization, [retention = null], owners, liveEntries, members, detached, invites, invited] = await Promise.all([
      readOrganization(tx, orgId),
      readRetentions(tx, orgId),
      readMembers(tx, orgId, { roles: ['owner'] }),
      readLiveAuditEntries(tx, orgId),
      readMembers(tx, orgId, { userIds }),
      readMembers(tx, orgId, { detachedUserIds: userIds }),
      readMembers(tx, orgId, { inviteEmails: person.addresses }),
      person.userId === null ? [] : readInvitedMembers(tx, orgId, person.userId),
    ]);
    if (!organization) throw notFound();
    // A locked-out member of another user keeps the address of the invite.
    const current = withoutDuplicates([...members, ...detached, ...invites.filter(({ detachedUser }) => !detachedUser)]);
    // A removed invite has no user. Its person may have joined in another way.
    const ofInvite = person.userId === null ? person.unverifiedAddresses : [];
    const known = await Promise.all(ofInvite.map((email) => readMembersByEmail(tx, orgId, email)));
    const isMember = [...current, ...known.flat()].some(({ user, detachedUser }) => user !== null || detachedUser !== undefined);
    // Anyone can request to join with the person's address. That neither prevents the erasure, nor
    // does the erasure of a removed member remove the request.
    const own = endsMembership ? current : [];
    const isHeld = !endsMembership || person.userId === null || (await isOrWasMember(tx, orgId, person.userId));
    const gone = removedWith(own, invited);
    const goneIds = new Set(gone.map(({ id }) => id));
    const teamMembers = await readTeamMembers(tx, orgId, { memberIds: [...goneIds] });
    const kept = invited.filter(({ id }) => !goneIds.has(id));
    // A person may have invited all members, and the comparison of each takes some microseconds.
    const redactor = new Redactor([person]);
    const redactedInvited = await flatMapYielding(kept, (member) => updated('member', member, redactor.record('member', member)));
    return { person, organization, retention, isMember, isHeld, own, gone, redactedInvited, owners, teamMembers, liveEntries };
  },

  decide({ person, endsMembership, isByOperator }, facts, { actor }) {
    const { organization, retention, isMember, isHeld, own, gone, redactedInvited, owners, teamMembers, liveEntries } = facts;
    if (actor.kind !== 'system') throw forbidden();
    if (isMember && !endsMembership) return { changes: [], result: 'is-member' };
    if (isHeld) assertNoLegalHold(retention);
    for (const member of own) {
      refuseOnlyOwner(organization, member, owners);
      if (!isByOperator) refuseLastRecoveryOwner(organization, member, owners);
    }
    const redactor = new Redactor([person]);
    const { name } = aliasOf(person);
    const ended = own.map((member) => redactor.record('member', member));
    return {
      changes: [
        ...removedMembers(gone, teamMembers),
        ...redactedInvited,
        ...liveEntries.flatMap((entry) => updated('audit-entry', entry, redactor.auditEntry(entry))),
      ],
      audit: [
        ...ended.map((member) => memberEvent('member.remove', member, `removed ${name}, whose data is erased`)),
        {
          event: 'person.redact',
          targetObject: person.memberIds[0] ?? person.userId!,
          targetUser: person.userId === null ? null : { id: person.userId, name },
          note: `erased the names and addresses of ${name}`,
          data: {},
        },
      ],
      result: 'redacted',
    };
  },

  async persistSideEffects(tx, { changes, result }, { orgId }, { person }) {
    if (result === 'is-member') return forgetRemovedMembers(tx, orgId, person);
    const entries = changes.filter(({ kind }) => kind === 'audit-entry').map(({ after }) => after as unknown as AuditEntryRecord);
    await saveAuditEntries(tx, orgId, entries);
    await savePendingRedaction(tx, orgId, person);
    if (person.userId !== null) await markRedacted(tx, person.userId, orgId, changes.length);
  },
};

/** A removed member's invites that are not accepted are removed too, as in `remove-member`. */
function removedWith(own: readonly MemberRecord[], invited: readonly MemberRecord[]): MemberRecord[] {
  const isMember = own.some(({ user }) => user !== null);
  return withoutDuplicates([...own, ...(isMember ? withdrawnInvites(invited) : [])]);
}
