import assert from 'node:assert/strict';
import { can, expandScopes, OrgState, productScopesOf, scopes } from '@rollcall/protocol';
import { LocalRights } from '../../../client-sdk/src/local-can.ts';
import { StateView } from '../../../client-sdk/src/state-view.ts';
import { aMember, anInvite, anOrganization, aProject, aProjectTeam, aTeam, aTeamMember } from './records.ts';

describe('can, decided by the replica', () => {
  const records = [
    anOrganization(),
    aMember('1', { orgRole: 'owner' }),
    aMember('2', { email: 'Two@Example.com' }),
    anInvite('3', { email: 'm1@example.com' }),
    anInvite('4'),
    aTeam('5', 'red'),
    aTeamMember('5', '2', 'admin'),
    aProject('6', 'site'),
    aProjectTeam('6', '5'),
    aTeam('7', 'blue'),
  ];
  const source = OrgState.from(records);
  const view = new StateView();
  for (const { kind } of records) view.markChanged(kind);
  const rights = new LocalRights();
  const productScopes = productScopesOf({
    version: 1,
    scopes: {
      'invoice:approve': { orgRoles: ['owner'], teamRoles: ['admin'] },
      'invoice:read': { orgRoles: ['member'], teamRoles: [] },
    },
  });
  const decide = (
    ...[who, scope, on]: Parameters<LocalRights['decide']> extends [unknown, unknown, unknown, ...infer Rest] ? Rest : never
  ) => rights.decide(source, () => view.read(source, '1', 5), productScopes, who, scope, on);

  it('can() finds a user by user id, by member id and by address in any case', () => {
    for (const who of [{ userId: '1001' }, { memberId: '1' }, { email: 'M1@example.com' }]) {
      assert.deepEqual(decide(who, 'org:admin'), { allowed: true, why: 'org-role' });
    }
    assert.deepEqual(decide({ email: 'two@example.com' }, 'org:admin'), { allowed: false, why: 'missing-scope' });
  });

  it('can() returns the reason for a denial', () => {
    assert.equal(decide({ email: 'm4@example.com' }, 'org:read').why, 'pending');
    assert.equal(decide({ email: 'unknown@example.com' }, 'org:read').why, 'not-a-member');
    assert.equal(decide({ memberId: '2' }, 'team:admin', { team: 'none' }).why, 'no-team');
    assert.equal(decide({ memberId: '2' }, 'team:admin', { project: 'none' }).why, 'no-project');
    assert.equal(decide({ memberId: '2' }, 'team:admin', { team: 'blue' }).why, 'not-on-team');
  });

  it('can() decides product scopes by org role and team role, with the same reasons', () => {
    assert.deepEqual(decide({ memberId: '1' }, 'invoice:approve'), { allowed: true, why: 'org-role' });
    assert.deepEqual(decide({ memberId: '1' }, 'invoice:read'), { allowed: false, why: 'missing-scope' });
    assert.deepEqual(decide({ memberId: '2' }, 'invoice:approve'), { allowed: false, why: 'missing-scope' });
    assert.deepEqual(decide({ memberId: '2' }, ['invoice:approve', 'invoice:read']), { allowed: true, why: 'org-role' });
    assert.deepEqual(decide({ memberId: '2' }, 'invoice:approve', { team: 'red' }), { allowed: true, why: 'team-role' });
    assert.deepEqual(decide({ memberId: '2' }, 'invoice:approve', { project: 'site' }), { allowed: true, why: 'team-role' });
    assert.deepEqual(decide({ memberId: '2' }, 'invoice:read', { team: 'red' }), { allowed: true, why: 'org-role' });
    assert.deepEqual(decide({ memberId: '2' }, 'invoice:read', { team: 'blue' }), { allowed: false, why: 'not-on-team' });
    assert.deepEqual(decide({ memberId: '2' }, 'invoice:fly'), { allowed: false, why: 'missing-scope' });
    assert.deepEqual(decide({ email: 'm4@example.com' }, 'invoice:read'), { allowed: false, why: 'pending' });
  });

  it('can() gives a token no product scope', () => {
    for (const who of [{ memberId: '1', tokenScopes: expandScopes(scopes) }, { tokenScopes: expandScopes(scopes) }]) {
      assert.deepEqual(can(source, who, 'invoice:approve', undefined, productScopes), { allowed: false, why: 'missing-scope' });
      assert.equal(can(source, who, 'org:admin', undefined, productScopes).allowed, true);
    }
    assert.equal(can(source, { memberId: '2', tokenScopes: new Set() }, 'invoice:approve', { teamId: '5' }, productScopes).allowed, false);
  });

  it('can() finds teams and projects by id and by slug', () => {
    for (const on of [{ teamId: '5' }, { team: 'red' }, { projectId: '6' }, { project: 'site' }]) {
      assert.deepEqual(decide({ memberId: '2' }, 'team:admin', on), { allowed: true, why: 'team-role' });
    }
  });
});
