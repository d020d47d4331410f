import assert from 'node:assert/strict';
import type { OrganizationRecord } from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { emptyRetention } from '../../../../../server/src/features/retention/domain/effective-retention.ts';
import { removeOrganization } from '../../../../../server/src/write-path/commands/organizations/remove-organization.ts';
import { actorFor, aMember, anOrganization, anOrgToken, aState, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const owner = aMember({ orgRole: 'owner' });
const manager = aMember({ orgRole: 'manager' });

function decide(actor: Actor, fields: Partial<OrganizationRecord> = {}, isDefault = false, legalHold = false) {
  const organization = anOrganization({ id: '1', ...fields });
  const state = aState(organization, { members: [owner, manager] });
  return removeOrganization.decide(
    { defaultOrganization: null },
    { state, retention: { ...emptyRetention('1'), legalHold }, isDefault, ownerAddresses: ['owner@example.com'] },
    commandContext({ orgId: '1', actor, now }),
  );
}

describe('remove-organization', () => {
  it('[5.7] marks the organization for deletion once', () => {
    assert.equal(decide(actorFor(owner)).result.organization.status, 'pending_deletion');
    assert.deepEqual(decide(actorFor(owner), { status: 'pending_deletion' }).changes, []);
    assert.equal(decide(actorFor(owner), { status: 'deletion_in_progress' }).result.organization.status, 'deletion_in_progress');
  });

  it('[5.7] mails the owners once, with the name of the caller', () => {
    const { mails } = decide(actorFor(owner), { name: 'Acme' });
    const params = { orgName: 'Acme', removedBy: owner.name, namedUserId: owner.user!.id };
    assert.deepEqual(mails, [{ template: 'organization-removal', params, to: 'owner@example.com', about: '1' }]);
    assert.equal(decide(actorFor(owner), { status: 'pending_deletion' }).mails, undefined);
  });

  it('[5.4] refuses managers, tokens with fewer scopes, and organization tokens', () => {
    assert.throws(() => decide(actorFor(manager)), { code: 'forbidden' });
    assert.throws(() => decide(actorFor(owner, ['org:write'])), { code: 'forbidden' });
    assert.throws(() => decide(anOrgToken(anOrganization({ id: '1' }), ['org:admin'])), {
      code: 'unauthenticated',
      message: 'This request requires an authenticated user.',
    });
  });

  it('[14] refuses the default organization, except for the operator', () => {
    assert.throws(() => decide(actorFor(owner), {}, true), { message: 'You cannot remove the default organization.' });
    assert.equal(decide({ kind: 'operator', name: 'bootstrap' }, {}, true).changes.length, 1);
  });

  it('[13.15] refuses an organization under legal hold, also for the operator and at a repeated request', () => {
    for (const actor of [actorFor(owner), { kind: 'operator', name: 'bootstrap' }] as const) {
      assert.throws(() => decide(actor, {}, false, true), { code: 'legal-hold', status: 409 });
      assert.throws(() => decide(actor, { status: 'pending_deletion' }, false, true), { code: 'legal-hold' });
    }
    assert.throws(() => decide(actorFor(manager), {}, false, true), { code: 'forbidden' });
  });
});
