import assert from 'node:assert/strict';
import { type IpAllowListRecord, type OrganizationRecord, OrgState } from '@rollcall/protocol';
import { dehydrate } from '../../../client-sdk/src/dehydrate.ts';
import type { OrganizationHandle } from '../../../client-sdk/src/organization-handle.ts';
import { aMember, anOrganization, type KindAndRecord } from './records.ts';

const invite = aMember('2', { user: null, pending: true });
const list: IpAllowListRecord = { id: '1', isEnabled: true, rules: [] };
const user = { id: '1001', name: 'Member 1', username: null, email: null, isActive: true, has2fa: false };

/** A handle with these records, whose replica is fresh unless `isFresh` is false. */
function handleOf(records: readonly KindAndRecord[], isFresh = true): OrganizationHandle {
  return { subscription: { records: OrgState.from(records), revision: 7, isFresh } } as unknown as OrganizationHandle;
}

const withFlags = (flags: Partial<OrganizationRecord>) => handleOf([anOrganization(flags), aMember('1')]);

describe('dehydrate', () => {
  it('gives the visible records of the user with the revision', () => {
    const org = anOrganization();
    const dehydrated = dehydrate(handleOf([org, aMember('1'), invite, { kind: 'unknown', id: '9', record: { id: '9' } }]), {
      userId: '1001',
    });
    assert.deepEqual(dehydrated, {
      userId: '1001',
      id: '1',
      slug: 'acme',
      revision: 7,
      records: { organization: [org.record], member: [aMember('1').record, invite.record] },
    });
  });

  for (const [what, handle] of Object.entries({
    'that is not fresh': handleOf([anOrganization(), aMember('1')], false),
    'in which the user is not a member': handleOf([anOrganization(), invite]),
    'in which the user is deactivated': handleOf([anOrganization(), aMember('1', { user: { ...user, isActive: false } })]),
    'that requires a second factor that the user lacks': withFlags({ require2FA: true }),
    'that requires single sign-on, which is a matter of the session': withFlags({ requiresSso: true }),
    'that allows some addresses only': handleOf([anOrganization(), aMember('1'), { kind: 'ip-allow-list', id: '1', record: list }]),
    'without its organization record': handleOf([aMember('1')]),
  })) {
    it(`gives nothing of a replica ${what}`, () => {
      assert.equal(dehydrate(handle, { userId: '1001' }), null);
    });
  }

  it('gives the state of an organization that requires a second factor to a user who has one', () => {
    const handle = handleOf([anOrganization({ require2FA: true }), aMember('1', { user: { ...user, has2fa: true } })]);
    assert.ok(dehydrate(handle, { userId: '1001' }));
  });
});
