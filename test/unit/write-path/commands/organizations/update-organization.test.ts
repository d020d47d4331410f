import assert from 'node:assert/strict';
import { type MemberRecord, type OrganizationRecord, orgRoleIds, type TeamMemberRecord } from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import type { FieldErrors } from '../../../../../server/src/domain/field-errors.ts';
import {
  type UpdateOrganization,
  updateOrganization,
} from '../../../../../server/src/write-path/commands/organizations/update-organization.ts';
import { actorFor, aMember, anInvite, anOrganization, anOrgToken, aState, aTeam, aTeamMember, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();
const owner = aMember({ orgRole: 'owner' });
const manager = aMember({ orgRole: 'manager' });

interface Given {
  readonly before?: OrganizationRecord;
  readonly actor?: Actor;
  readonly takenSlugs?: readonly string[];
  /** The name of the given image. */
  readonly avatarUuid?: string;
  /** All members, when a second factor is newly required. */
  readonly members?: readonly MemberRecord[];
  readonly teamMembers?: readonly TeamMemberRecord[];
  /** Members whose users have a second factor, although the members' copies may be outdated. */
  readonly withSecondFactor?: readonly MemberRecord[];
  readonly malformed?: FieldErrors;
  readonly newExternalId?: string | null;
}

function update(caller: MemberRecord, input: Partial<UpdateOrganization>, given: Given = {}) {
  const { before = organization, takenSlugs = [], members, teamMembers = [], withSecondFactor = [], avatarUuid = null } = given;
  const whole: UpdateOrganization = { values: {}, slug: null, trustedRelays: null, ownersOnly: {}, ...input };
  const ids = new Set(withSecondFactor.map(({ user }) => user!.id));
  const users = new Map(members?.flatMap(({ user }) => (user ? [[user.id, { ...user, has2fa: ids.has(user.id) }]] : [])));
  const detachment = members ? { users, members, teamMembers, nonces: members.map((_, index) => `nonce-${index}`) } : null;
  const { actor = actorFor(caller), malformed = {}, newExternalId } = given;
  const state = aState(before, { members: [caller] });
  const facts = { state, newExternalId, storedExternalId: null, takenSlugs: new Set(takenSlugs), avatarUuid, detachment };
  return updateOrganization.decide(whole, facts, commandContext({ orgId: before.id, actor, now, malformed }));
}

describe('update-organization', () => {
  it('[5.1] changes only the given flag', () => {
    const { changes } = update(owner, { values: { openMembership: false } });
    const after = { ...organization, openMembership: false };
    assert.deepEqual(changes, [{ kind: 'organization', id: organization.id, before: organization, after }]);
  });

  it('records a new external id in a record of its own, and in the audit log without its value', () => {
    const { changes, audit } = update(
      owner,
      { externalId: 'crm-1' },
      { newExternalId: 'crm-1', actor: { kind: 'operator', name: 'bootstrap' } },
    );
    const after = { id: 'organization', externalId: 'crm-1' };
    assert.deepEqual(changes, [{ kind: 'external-id', id: 'organization', before: null, after }]);
    assert.deepEqual(
      audit?.map(({ event, note, data }) => [event, note, data]),
      [['org.edit', 'edited the organization setting: external_id', {}]],
    );
  });

  it('[W3] changes nothing if all values are equal', () => {
    const { openMembership, name, sensitiveFields } = organization;
    const values = { openMembership, name, sensitiveFields };
    assert.deepEqual(update(owner, { values, slug: organization.slug }, { takenSlugs: [organization.slug] }).changes, []);
  });

  for (const orgRole of orgRoleIds) {
    const isAllowed = orgRole === 'manager' || orgRole === 'owner';
    it(`[S-04] ${isAllowed ? 'lets' : 'does not let'} ${orgRole} change settings`, () => {
      const act = () => update(aMember({ orgRole }), { values: { name: 'Renamed' } });
      if (isAllowed) assert.equal(act().result.organization.name, 'Renamed');
      else assert.throws(act, { code: 'forbidden' });
    });
  }

  it('[S-09] refuses a caller who may not change the organization, and reports no errors about the body', () => {
    const malformed = { name: ['This field may not be blank.'] };
    assert.throws(() => update(aMember(), { slug: 'api' }, { malformed }), { code: 'forbidden' });
  });

  it('[5.2] lets owners set the default role, and ignores it from other callers, valid or not', () => {
    assert.equal(update(owner, { ownersOnly: { defaultRole: 'manager' } }).result.organization.defaultRole, 'manager');
    const malformed = { defaultRole: ['"x" is not a valid choice.'] };
    assert.throws(() => update(owner, {}, { malformed }), { code: 'invalid', body: malformed });
    assert.deepEqual(update(manager, { ownersOnly: { defaultRole: 'owner' } }).changes, []);
    assert.deepEqual(update(manager, {}, { malformed }).changes, []);
    const capped = actorFor(owner, ['org:write', 'org:read']);
    assert.deepEqual(update(owner, { ownersOnly: { defaultRole: 'owner' } }, { actor: capped }).changes, []);
  });

  it('[5.7] lets owners cancel a deletion, in either of its states', () => {
    for (const status of ['pending_deletion', 'deletion_in_progress'] as const) {
      const before = anOrganization({ status });
      assert.equal(update(owner, { ownersOnly: { cancelDeletion: true } }, { before }).result.organization.status, 'active');
      assert.deepEqual(update(manager, { ownersOnly: { cancelDeletion: true } }, { before }).changes, []);
    }
  });

  it('[5.3] reports an invalid slug together with other invalid fields', () => {
    const malformed = { name: ['This field may not be blank.'] };
    const slug = ['The slug "other" is already in use.'];
    assert.throws(() => update(owner, { slug: 'other' }, { takenSlugs: ['other'], malformed }), { body: { ...malformed, slug } });
  });

  it('[5.2] refuses the avatar type upload without an upload', () => {
    const body = { avatarType: ['Cannot set avatarType to upload without avatar'] };
    assert.throws(() => update(owner, { values: { avatarType: 'upload' } }), { code: 'invalid', body });
  });

  describe('an image', () => {
    const avatar = { contentType: 'image/gif', bytes: Buffer.from('GIF89a') };
    const named = { ...organization, avatarUuid: 'first', avatarType: 'upload' } as const;

    it('[5.2] becomes the avatar, unless the request selects letters', () => {
      const { changes, result } = update(owner, { avatar }, { avatarUuid: 'first' });
      assert.deepEqual(changes, [{ kind: 'organization', id: organization.id, before: organization, after: named }]);
      assert.deepEqual(result.newAvatar, { ...avatar, uuid: 'first' });
      const kept = update(owner, { avatar, values: { avatarType: 'letter_avatar' } }, { avatarUuid: 'first' });
      assert.deepEqual(kept.changes[0]?.after, { ...named, avatarType: 'letter_avatar' });
    });

    it('[5.2] becomes the avatar again if it is already stored', () => {
      const before: OrganizationRecord = { ...named, avatarType: 'letter_avatar' };
      assert.deepEqual(update(owner, { values: { avatarType: 'upload' } }, { before }).changes[0]?.after, named);
    });

    it('[W3] changes nothing if it is the same', () => {
      const { changes, audit, result } = update(owner, { avatar }, { before: named, avatarUuid: 'first' });
      assert.deepEqual([changes, audit, result.newAvatar], [[], [], undefined]);
    });

    it('[11] adds an audit entry if it differs', () => {
      const { audit } = update(owner, { avatar }, { before: named, avatarUuid: 'second' });
      assert.equal(audit?.[0]?.note, 'edited the organization setting: avatar replaced');
    });

    it('[5.2] null removes it, with an audit entry', () => {
      const { changes, audit, result } = update(owner, { avatar: null }, { before: named });
      assert.deepEqual([changes[0]?.after, result.newAvatar], [{ ...named, avatarUuid: null, avatarType: 'letter_avatar' }, null]);
      assert.match(audit?.[0]?.note ?? '', /avatar removed/);
    });
  });

  describe('trusted relays', () => {
    const relay = { name: 'one', publicKey: 'key-1', description: '' };

    it('[5.2] replace the list, and unchanged ones keep their dates', () => {
      const earlier = '2026-01-01T00:00:00.000000Z';
      const known = { ...relay, created: earlier, lastModified: earlier };
      const before = anOrganization({ trustedRelays: [known, { ...known, publicKey: 'gone' }] });
      const trustedRelays = [relay, { ...relay, publicKey: 'key-2' }];
      const added = { ...relay, publicKey: 'key-2', created: now, lastModified: now };
      assert.deepEqual(update(owner, { trustedRelays }, { before }).result.organization.trustedRelays, [known, added]);
      const renamed = update(owner, { trustedRelays: [{ ...relay, name: 'two' }] }, { before });
      assert.deepEqual(renamed.result.organization.trustedRelays, [{ ...known, name: 'two', lastModified: now }]);
    });

    it('[5.2] cause an error that names a duplicate key', () => {
      const body = { trustedRelays: ["Duplicated key in Trusted Relays: 'key-1'"] };
      assert.throws(() => update(owner, { trustedRelays: [relay, relay] }), { code: 'invalid', body });
    });
  });

  describe('requiring a second factor', () => {
    const values = { require2FA: true };
    const without = aMember();
    const body = { require2FA: ['Cannot require two-factor authentication without personal two-factor enabled.'] };

    it('[5.6] fails for callers without a second factor', () => {
      assert.throws(() => update(owner, { values }, { members: [owner, without] }), { code: 'invalid', body });
      const actor = anOrgToken(organization, ['org:write', 'org:read']);
      assert.throws(() => update(owner, { values }, { members: [owner], withSecondFactor: [owner], actor }), { code: 'invalid', body });
    });

    it('[5.6] fails while there is an active identity provider', () => {
      const before = anOrganization({ hasAuthProvider: true });
      const given = { before, members: [owner], withSecondFactor: [owner] };
      const withSso = { require2FA: ['Cannot require two-factor authentication with SSO enabled'] };
      assert.throws(() => update(owner, { values }, given), { code: 'invalid', body: withSso });
      const both = { require2FA: [...body.require2FA, ...withSso.require2FA] };
      assert.throws(() => update(owner, { values }, { before, members: [owner] }), { code: 'invalid', body: both });
    });

    it('[5.6] detaches every member without a second factor, in the same revision', () => {
      const { changes, mails, result } = update(owner, { values }, { members: [without, owner], withSecondFactor: [owner] });
      const { id, name, email } = without.user!;
      const invite = { user: null, email, name: email, pending: true, inviteExpiresAt: '2026-03-08T12:00:00.123456Z' };
      const pending = { ...without, ...invite, detachedUser: { id, name } };
      assert.equal(changes[0]?.after?.require2FA, true);
      assert.deepEqual(changes[1], { kind: 'member', id: without.id, before: without, after: pending });
      const inviteToken = { memberId: without.id, nonce: 'nonce-0' };
      assert.deepEqual(result.inviteTokens, [inviteToken]);
      const params = { orgName: organization.name, invite: inviteToken, expiresAt: '2026-03-08T12:00:00.123456Z' };
      assert.deepEqual(mails, [{ template: 'second-factor-required', params, to: without.email, about: organization.id }]);
      assert.equal(JSON.stringify(changes).includes('nonce-0'), false);
    });

    it('[5.6] updates the outdated user data of members with a second factor, so that they keep access', () => {
      const { changes } = update(owner, { values }, { members: [owner], withSecondFactor: [owner] });
      const after = { ...owner, user: { ...owner.user!, has2fa: true } };
      assert.deepEqual(changes[1], { kind: 'member', id: owner.id, before: owner, after });
    });

    it('[5.6] keeps invites, except one for the address of a detached member', () => {
      const elsewhere = anInvite();
      const same = anInvite({ email: without.email!.toUpperCase() });
      const row = aTeamMember(aTeam('ops'), same);
      const members = [owner, without, elsewhere, same];
      const { changes } = update(owner, { values }, { members, teamMembers: [row], withSecondFactor: [owner] });
      assert.deepEqual(
        changes.slice(1).map(({ id, after }) => [id, after === null]),
        [
          [row.id, true],
          [same.id, true],
          [without.id, false],
          [owner.id, false],
        ],
      );
    });

    it('[5.6] reattaches no member when the flag is switched off', () => {
      const caller = aMember({ orgRole: 'owner' }, { has2fa: true });
      const before = anOrganization({ require2FA: true });
      assert.equal(update(caller, { values: { require2FA: false } }, { before }).changes.length, 1);
    });
  });
});
