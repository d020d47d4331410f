import assert from 'node:assert/strict';
import { OrgState } from '@rollcall/protocol';
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
  const decide = (...[who, scope, on]: Parameters<LocalRights['decide']> extends [unknown, unknown, ...infer Rest] ? Rest : never) =>
    rights.decide(source, () => view.read(source, '1', 5), who, scope, on);

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

  it('can() finds teams and projects by id and by slug', () => {
    for (const on of [{ teamId: '5' }, { team: 'red' }, { projectId: '6' }, { project: 'site' }]) {
      assert.deepEqual(decide({ memberId: '2' }, 'team:admin', on), { allowed: true, why: 'team-role' });
    }
  });
});
