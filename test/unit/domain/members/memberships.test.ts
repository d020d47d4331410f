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

const changedBy = (changes: readonly LogChange[]) => membershipChangesOf({ orgId: '1', changes });

const ofUser = { userIds: ['1003'], orgIds: [] };

describe('changes to the lists of organizations', () => {
  it('result from a user who joins, leaves, accepts an invite or gets another role', () => {
    assert.deepEqual(changedBy([ofMember(null, {})]), ofUser);
    assert.deepEqual(changedBy([ofMember({}, null)]), ofUser);
    assert.deepEqual(changedBy([ofMember({ pending: true }, {})]), ofUser);
    assert.deepEqual(changedBy([ofMember({}, { orgRole: 'owner' })]), ofUser);
  });

  it('result from a new name, slug or status of an organization', () => {
    for (const fields of [{ name: 'New' }, { slug: 'new' }, { status: 'pending_deletion' } as const]) {
      assert.deepEqual(changedBy([ofOrganization(fields)]), { userIds: [], orgIds: ['1'] });
    }
  });

  it("result from the organization's external id, and not from that of a user", () => {
    const ofSubject = (id: string): LogChange => ({ kind: 'external-id', id, before: null, after: { id, externalId: 'crm-1' } });
    assert.deepEqual(changedBy([ofSubject('organization')]), { userIds: [], orgIds: ['1'] });
    assert.equal(changedBy([ofSubject('7')]), null);
  });

  it('[H-60] result from a lost or restored second factor, and from the flag that requires it', () => {
    const user = aMember('3').record.user as object;
    const detached = { pending: true, user: null, detachedUser: { id: '1003', name: 'Ada' } };
    assert.deepEqual(changedBy([ofMember({}, { user: { ...user, has2fa: true } as MemberRecord['user'] })]), ofUser);
    assert.deepEqual(changedBy([ofMember({}, detached)]), ofUser);
    assert.deepEqual(changedBy([ofMember(detached, null)]), ofUser);
    assert.deepEqual(changedBy([ofMember(detached, {})]), ofUser);
    assert.deepEqual(changedBy([ofOrganization({ require2FA: true })]), { userIds: [], orgIds: ['1'] });
  });

  it('do not result from any other event, such as an invite, a flag or a team', () => {
    const changes = [ofMember(null, { pending: true }), ofMember({}, { name: 'New' }), ofOrganization({ openMembership: true })];
    assert.equal(changedBy(changes), null);
  });
});
