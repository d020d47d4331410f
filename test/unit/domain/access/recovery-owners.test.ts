import assert from 'node:assert/strict';
import type { MemberRecord, MemberUser } from '@rollcall/protocol';
import {
  memberWithRecovery,
  memberWithRole,
  recoveryErrors,
  refuseLastRecoveryOwner,
} from '../../../../server/src/domain/access/recovery-owners.ts';
import { aMember, anInvite, anOrganization } from '../../../support/builders.ts';

const strict = anOrganization({ requiresSso: true });

function anOwner(fields: Partial<MemberRecord> = {}, user: Partial<MemberUser> = {}): MemberRecord {
  return aMember({ orgRole: 'owner', ...fields }, { has2fa: true, ...user });
}

function aRecoveryOwner(fields: Partial<MemberRecord> = {}, user: Partial<MemberUser> = {}): MemberRecord {
  return anOwner({ isRecoveryOwner: true, ...fields }, user);
}

describe('recovery owners', () => {
  const message =
    'You cannot demote or remove the last recovery owner while single sign-on is required. Choose another recovery owner first.';
  const refused = { code: 'invalid', body: { detail: message } };

  it('[S-59] include at least one, whom neither an ordinary owner nor an unusable recovery owner replaces', () => {
    const last = aRecoveryOwner();
    const unusable = [
      anOwner(),
      aRecoveryOwner({}, { has2fa: false }),
      aRecoveryOwner({}, { isActive: false }),
      aRecoveryOwner({ orgRole: 'manager' }),
      anInvite({ orgRole: 'owner', isRecoveryOwner: true }),
    ];
    for (const other of unusable) assert.throws(() => refuseLastRecoveryOwner(strict, last, [last, other]), refused);
    refuseLastRecoveryOwner(strict, last, [last, ...unusable, aRecoveryOwner()]);
  });

  it('[S-59] include at least one, even if the last one has no second factor at the moment', () => {
    const last = aRecoveryOwner({}, { has2fa: false });
    assert.throws(() => refuseLastRecoveryOwner(strict, last, [last]), refused);
  });

  it('[S-59] may all leave while single sign-on is not required, and so may any other owner', () => {
    const last = aRecoveryOwner();
    refuseLastRecoveryOwner(anOrganization(), last, [last]);
    refuseLastRecoveryOwner(strict, anOwner(), [last]);
  });

  it('[13.5] stop being recovery owners when they get another role', () => {
    const owner = aRecoveryOwner();
    assert.deepEqual(memberWithRole(owner, 'owner'), owner);
    const manager = memberWithRole(owner, 'manager');
    assert.ok(!('isRecoveryOwner' in manager));
    assert.deepEqual(memberWithRole(manager, 'owner'), memberWithRecovery(owner, false));
  });

  it('[13.5] must be active owners with a password and an authenticator app', () => {
    const valid = anOwner();
    const members = [
      valid,
      anOwner(),
      anOwner({}, { has2fa: false }),
      anOwner({}, { isActive: false }),
      anOwner({ orgRole: 'manager' }),
      anInvite({ orgRole: 'owner' }),
    ];
    const withoutPassword = members[1]!;
    const withUser = members.flatMap(({ user }) => (user ? [user] : []));
    const users = new Map(withUser.map((user) => [user.id, { ...user, hasPassword: user !== withoutPassword.user }]));
    assert.deepEqual(recoveryErrors([valid.id], { members, users }), []);
    const chosen = [...members.slice(1).map(({ id }) => id), '404'];
    const texts = chosen.map((id) => `Member ${id} must be an active owner with a password and an authenticator app.`);
    assert.deepEqual(recoveryErrors([valid.id, ...chosen], { members, users }), texts);
    const outdated = new Map([[valid.user!.id, { ...valid.user!, has2fa: false, hasPassword: true }]]);
    assert.equal(recoveryErrors([valid.id], { members, users: outdated }).length, 1);
  });
});
