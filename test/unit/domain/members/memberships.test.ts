import assert from 'node:assert/strict';
import type { LogChange, MemberRecord, OrganizationRecord, OrgRecord } from '@rollcall/protocol';
import { membershipChangesOf } from '../../../../server/src/domain/members/memberships.ts';
import { aMember, anInvite, anOrganization } from '../../client-sdk/records.ts';

function ofMember(before: Partial<MemberRecord> | null, after: Partial<MemberRecord> | null): LogChange {
  const record = (fields: Partial<MemberRecord> | null): OrgRecord | null =>
    fields && (fields.pending ? anInvite('3', fields) : aMember('3', fields)).record;
  return { kind: 'member', id: '3', before: record(before), after: record(after) };
}

function ofOrganization(after: Partial<OrganizationRecord>): LogChange {
  return { kind: 'organization', id: '1', before: anOrganization().record, after: anOrganization(after).record };
}

const ofUser = { userIds: ['1003'], orgIds: [] };

describe('changes to the lists of organizations', () => {
  it('result from a user who joins, leaves, accepts an invite or gets another role', () => {
    assert.deepEqual(membershipChangesOf([ofMember(null, {})]), ofUser);
    assert.deepEqual(membershipChangesOf([ofMember({}, null)]), ofUser);
    assert.deepEqual(membershipChangesOf([ofMember({ pending: true }, {})]), ofUser);
    assert.deepEqual(membershipChangesOf([ofMember({}, { orgRole: 'owner' })]), ofUser);
  });

  it('result from a new name, slug or status of an organization', () => {
    for (const fields of [{ name: 'New' }, { slug: 'new' }, { status: 'pending_deletion' } as const]) {
      assert.deepEqual(membershipChangesOf([ofOrganization(fields)]), { userIds: [], orgIds: ['1'] });
    }
  });

  it('[H-60] result from a lost or restored second factor, and from the flag that requires it', () => {
    const user = aMember('3').record.user as object;
    const detached = { pending: true, user: null, detachedUser: { id: '1003', name: 'Ada' } };
    assert.deepEqual(membershipChangesOf([ofMember({}, { user: { ...user, has2fa: true } as MemberRecord['user'] })]), ofUser);
    assert.deepEqual(membershipChangesOf([ofMember({}, detached)]), ofUser);
    assert.deepEqual(membershipChangesOf([ofMember(detached, null)]), ofUser);
    assert.deepEqual(membershipChangesOf([ofMember(detached, {})]), ofUser);
    assert.deepEqual(membershipChangesOf([ofOrganization({ require2FA: true })]), { userIds: [], orgIds: ['1'] });
  });

  it('do not result from any other event, such as an invite, a flag or a team', () => {
    const changes = [ofMember(null, { pending: true }), ofMember({}, { name: 'New' }), ofOrganization({ openMembership: true })];
    assert.equal(membershipChangesOf(changes), null);
  });
});
