import {
  type ExternalIdRecord,
  type LogChange,
  type MemberRecord,
  type MemberUser,
  type OrganizationRecord,
  OrgError,
  type OrgFlags,
  type OrgRoleId,
  type OrgSettings,
  type OrgState,
  organizationSubject,
  type TeamMemberRecord,
} from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readMemberUsers } from '../../../database/identity/users-read.ts';
import { avatarUuidBytes, type Image, type NamedImage, readAvatar, saveAvatar } from '../../../database/organizations/avatars.ts';
import { readOrgExternalId, readTakenOrgSlugs, saveOrgExternalId } from '../../../database/organizations/organizations-read.ts';
import { readMembers, readTeamMembers } from '../../../database/records/records-read.ts';
import { type AuditEvent, memberEvent } from '../../../domain/audit/audit.ts';
import { organizationEdited } from '../../../domain/audit/audit-organization-edit.ts';
import { authorize, isAuthorized } from '../../../domain/authorize.ts';
import { stateAfter, updated } from '../../../domain/changes.ts';
import { type FieldErrors, refuseInvalidFields } from '../../../domain/field-errors.ts';
import { inviteExpiry } from '../../../domain/invites/invites.ts';
import { externalIdChanges } from '../../../domain/members/derived-external-ids.ts';
import { removedMembers } from '../../../domain/members/member-removal.ts';
import { memberWithUser } from '../../../domain/members/member-user.ts';
import { detachedMember } from '../../../domain/members/second-factor.ts';
import { organizationExternalIdConflicts } from '../../../domain/organizations/external-id-taken.ts';
import { orgSlugProblem } from '../../../domain/organizations/org-slugs.ts';
import { type NamedRelay, replaceTrustedRelays, trustedRelayErrors } from '../../../domain/organizations/trusted-relays.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { TokenDeriver } from '../../../runtime/secrets/derived-tokens.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import type { Command } from '../../command.ts';
import { loadActorState } from '../../load-state.ts';
import { type InviteToken, saveInviteTokens } from '../invites/save-invite-tokens.ts';
import { countNotice } from '../notice-limits.ts';

export interface UpdateOrganization {
  /** Values that replace the current ones. An absent key keeps its value. */
  readonly values: Partial<OrgFlags & Omit<OrgSettings, 'trustedRelays'> & Pick<OrganizationRecord, 'name' | 'avatarType'>>;
  /** The slug as sent, not trimmed. Null keeps the current one. */
  readonly slug: string | null;
  readonly trustedRelays: readonly NamedRelay[] | null;
  /** The new image. Null removes the current one. If absent, it stays. */
  readonly avatar?: Image | null;
  /** The id in the operator's own system. Null removes it. If absent, it stays. */
  readonly externalId?: string | null;
  /** Fields for owners only. They are ignored from other callers (REST contract 5.2). */
  readonly ownersOnly: { readonly defaultRole?: OrgRoleId; readonly cancelDeletion?: boolean };
}

interface Facts {
  readonly state: OrgState;
  readonly takenSlugs: ReadonlySet<string>;
  /**
   * The name of the image in the input. An unchanged image keeps its name. Null if the input has
   * none.
   */
  readonly avatarUuid: string | null;
  /** The new external id. Undefined if it stays. */
  readonly newExternalId: string | null | undefined;
  readonly storedExternalId: string | null;
  /** The facts for detaching members. Null unless a second factor becomes required. */
  readonly detachment: Detachment | null;
}

interface Detachment {
  /** The current users. The members' copies may be outdated. */
  readonly users: ReadonlyMap<string, MemberUser>;
  readonly members: readonly MemberRecord[];
  readonly teamMembers: readonly TeamMemberRecord[];
  /** One nonce per member, whether or not it is needed. */
  readonly nonces: readonly string[];
}

interface UpdatedOrganization {
  readonly organization: OrganizationRecord;
  /** The state against which the actor was authorized, with the changes of the command. */
  readonly state: OrgState;
  /** The image to save. Null removes the current one. Undefined if it is unchanged. */
  readonly newAvatar: NamedImage | null | undefined;
  /** The tokens with which detached members accept again. */
  readonly inviteTokens: readonly InviteToken[];
}

/** Changes an organization's name, slug, flags and settings (REST contract 5.1 to 5.7). */
export const updateOrganization: Command<UpdateOrganization, Facts, UpdatedOrganization> = {
  name: 'update-organization',
  endsAccess: ({ values }) => values.require2FA === true || values.openMembership === false,

  async load(tx, { slug, values, avatar, externalId }, { orgId, actor, deriveToken }) {
    const state = await loadActorState(tx, orgId, actor);
    const isNewlyRequired = values.require2FA === true && !state.organization!.require2FA;
    const storedExternalId = externalId === undefined ? null : await readOrgExternalId(tx, orgId);
    return {
      state,
      newExternalId: externalId === storedExternalId ? undefined : externalId,
      storedExternalId,
      takenSlugs: await readTakenOrgSlugs(tx, slug === null ? [] : [slug.trim()]),
      avatarUuid: avatar ? await nameAvatar(tx, orgId, avatar) : null,
      detachment: isNewlyRequired ? await loadDetachment(tx, orgId, deriveToken) : null,
    };
  },

  decide(
    input,
    { state, newExternalId, storedExternalId, takenSlugs, avatarUuid: givenUuid, detachment },
    { actor, now, inviteDays, malformed },
  ) {
    authorize(state, actor, ['org:write', 'org:admin']);
    const before = state.organization!;
    const isOwner = isAuthorized(state, actor, 'org:admin');
    const isTaken = (slug: string) => slug !== before.slug && takenSlugs.has(slug);
    const avatarUuid = input.avatar === null ? null : (givenUuid ?? before.avatarUuid);
    const slugProblem = input.slug === null ? null : orgSlugProblem(input.slug, isTaken);
    refuseInvalidFields(
      isOwner ? malformed : withoutOwnersOnly(malformed),
      slugProblem === null ? {} : { slug: [slugProblem] },
      input.trustedRelays ? trustedRelayErrors(input.trustedRelays) : {},
      input.values.avatarType === 'upload' && avatarUuid === null && !malformed.avatar ? avatarMissing : {},
      detachment && !(actor.kind === 'user' && detachment.users.get(actor.userId)?.has2fa) ? secondFactorMissing : {},
      detachment && before.hasAuthProvider ? secondFactorWithSso : {},
    );

    const { defaultRole = before.defaultRole, cancelDeletion = false } = isOwner ? input.ownersOnly : {};
    const organization: OrganizationRecord = {
      ...before,
      ...(input.avatar === undefined ? {} : { avatarType: input.avatar ? 'upload' : 'letter_avatar' }),
      ...input.values,
      avatarUuid,
      slug: input.slug ?? before.slug,
      trustedRelays: input.trustedRelays ? replaceTrustedRelays(before.trustedRelays, input.trustedRelays, now) : before.trustedRelays,
      defaultRole,
      status: cancelDeletion ? 'active' : before.status,
    };
    const { changes, audit, inviteTokens, mails } = detachment
      ? detach(detachment, organization, inviteExpiry(now, inviteDays))
      : { changes: [], audit: [], inviteTokens: [], mails: [] };
    const ofExternalId =
      newExternalId === undefined ? [] : externalIdChanges(externalIdRecords(storedExternalId), externalIdRecords(newExternalId));
    const newAvatar = avatarUuid === before.avatarUuid ? undefined : input.avatar && { ...input.avatar, uuid: avatarUuid! };
    const allChanges = [...updated('organization', before, organization), ...ofExternalId, ...changes];
    return {
      changes: allChanges,
      audit: [...organizationEdited(before, organization), ...(newExternalId === undefined ? [] : [externalIdEdited(before)]), ...audit],
      mails,
      result: { organization, state: stateAfter(state, allChanges), newAvatar, inviteTokens },
    };
  },

  async persistSideEffects(tx, { mails = [], result: { newAvatar, inviteTokens } }, context, { newExternalId }) {
    const { orgId, deriveToken } = context;
    if (newExternalId !== undefined) await saveOrgExternalId(tx, orgId, newExternalId);
    if (newAvatar !== undefined) await saveAvatar(tx, orgId, newAvatar);
    await saveInviteTokens(tx, orgId, inviteTokens, deriveToken);
    if (mails.length > 0) await countNotice(tx, context, 'second-factor-required');
  },

  conflicts: { organizations_slug_key: slugTaken, ...organizationExternalIdConflicts },
};

function externalIdRecords(externalId: string | null): ExternalIdRecord[] {
  return externalId === null ? [] : [{ id: organizationSubject, externalId }];
}

/** The audit event omits the external id, because the organization's owners must not see it. */
function externalIdEdited({ id }: OrganizationRecord): AuditEvent {
  return { event: 'org.edit', targetObject: id, targetUser: null, note: 'edited the organization setting: external_id', data: {} };
}

const avatarMissing: FieldErrors = { avatarType: ['Cannot set avatarType to upload without avatar'] };
const secondFactorMissing: FieldErrors = {
  require2FA: ['Cannot require two-factor authentication without personal two-factor enabled.'],
};
const secondFactorWithSso: FieldErrors = { require2FA: ['Cannot require two-factor authentication with SSO enabled'] };

/** An unchanged image changes nothing (rule W3). */
async function nameAvatar(tx: Tx, orgId: string, { bytes }: Image): Promise<string> {
  const current = await readAvatar(tx, orgId);
  return current?.bytes.equals(bytes) ? current.uuid : randomHex(avatarUuidBytes);
}

function slugTaken(): OrgError {
  const message = 'An organization with this slug already exists.';
  return new OrgError('already-exists', message, { body: { slug: [message] } });
}

function withoutOwnersOnly({ defaultRole, cancelDeletion, ...malformed }: FieldErrors): FieldErrors {
  return malformed;
}

async function loadDetachment(tx: Tx, orgId: string, deriveToken: TokenDeriver): Promise<Detachment> {
  const members = await readMembers(tx, orgId);
  const users = await readMemberUsers(
    tx,
    members.flatMap(({ user }) => (user ? [user.id] : [])),
  );
  return {
    users: new Map(users.map((user) => [user.id, user])),
    members,
    teamMembers: await readTeamMembers(tx, orgId),
    nonces: members.map(() => deriveToken.newNonce()),
  };
}

/**
 * Turns every member with a user and no second factor into an invite, in this revision. An invite
 * or request for the same address is removed, because an organization invites an address once. The
 * other members get their current users: an outdated copy without the second factor would exclude
 * them until it is refreshed.
 */
function detach({ users, members, teamMembers, nonces }: Detachment, { id: orgId, name: orgName }: OrganizationRecord, expiresAt: string) {
  const withUser = members.flatMap((member) => (member.user ? [{ member, user: users.get(member.user.id) ?? member.user }] : []));
  const leaving = withUser.filter(({ user }) => !user.has2fa);
  const left = leaving.map(({ member, user }) => memberWithUser(member, user));
  const detached = leaving.map(({ user }, index) => detachedMember(left[index]!, user, expiresAt));
  const emails = new Set(detached.map(({ email }) => email?.toLowerCase()));
  const replaced = members.filter(({ user, email }) => user === null && emails.has(email?.toLowerCase()));
  const replacedIds = new Set(replaced.map(({ id }) => id));
  const before = new Map(members.map((member) => [member.id, member]));
  const changes: LogChange[] = [
    ...removedMembers(
      replaced,
      teamMembers.filter(({ memberId }) => replacedIds.has(memberId)),
    ),
    ...detached.flatMap((member) => updated('member', before.get(member.id)!, member)),
    ...withUser.filter(({ user }) => user.has2fa).flatMap(({ member, user }) => updated('member', member, memberWithUser(member, user))),
  ];
  // The event names the member with their user, which the detached record no longer has.
  const audit = left.map((member): AuditEvent => {
    return { ...memberEvent('member.pending', member, `pending member ${member.email}`), targetObject: orgId };
  });
  const inviteTokens = detached.map(({ id }, index) => ({ memberId: id, nonce: nonces[index]! }));
  const mails = detached.map(({ email }, index): NoticeToSend => {
    return { template: 'second-factor-required', params: { orgName, invite: inviteTokens[index]!, expiresAt }, to: email!, about: orgId };
  });
  return { changes, audit, inviteTokens, mails };
}
