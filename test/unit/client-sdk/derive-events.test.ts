import assert from 'node:assert/strict';
import type { MemberRecord, OrganizationRecord } from '@rollcall/protocol';
import { deriveEvents } from '../../../client-sdk/src/derive-events.ts';
import type { RecordChange } from '../../../client-sdk/src/replica-records.ts';
import {
  aMember,
  anInvite,
  anOrganization,
  aProject,
  aProjectTeam,
  aTeam,
  aTeamMember,
  aThing,
  aToken,
  type KindAndRecord,
} from './records.ts';

function change(before: KindAndRecord | null, after: KindAndRecord | null, isForgotten = false): RecordChange {
  const { kind, id } = (after ?? before)!;
  return { kind, id, before: before?.record ?? null, after: after?.record ?? null, isForgotten };
}

function namesOf(...changes: RecordChange[]): string[] {
  return deriveEvents('1', 7, 'step', changes).map(({ type }) => type);
}

const user = (aMember('3').record as unknown as MemberRecord).user;

describe('events of a step', () => {
  const cases: [string, KindAndRecord | null, KindAndRecord | null, string[]][] = [
    ['an invite is created', null, anInvite('3'), ['invite.created']],
    ['an invite is changed', anInvite('3'), anInvite('3', { orgRole: 'admin' }), ['invite.updated']],
    ['an invite is accepted', anInvite('3'), aMember('3'), ['invite.accepted', 'member.added']],
    ['an invite is removed', anInvite('3'), null, ['invite.removed']],
    ['a member is added', null, aMember('3'), ['member.added']],
    ['a role changes', aMember('3'), aMember('3', { orgRole: 'admin' }), ['member.roleChanged']],
    ['a name changes', aMember('3'), aMember('3', { name: 'Else' }), ['member.updated']],
    ['both change', aMember('3'), aMember('3', { name: 'Else', orgRole: 'admin' }), ['member.roleChanged', 'member.updated']],
    ['2FA is turned on', aMember('3'), aMember('3', { user: { ...user!, has2fa: true } }), ['member.updated']],
    ['a member is removed', aMember('3'), null, ['member.removed']],
    ['a team is created', null, aTeam('4'), ['team.created']],
    ['a team is renamed', aTeam('4'), aTeam('4', 'else'), ['team.updated']],
    ['a team is removed', aTeam('4'), null, ['team.removed']],
    ['a member joins a team', null, aTeamMember('4', '3'), ['team.memberJoined']],
    ['a team role changes', aTeamMember('4', '3'), aTeamMember('4', '3', 'admin'), ['team.memberRoleChanged']],
    ['a member leaves a team', aTeamMember('4', '3'), null, ['team.memberLeft']],
    ['a project is created', null, aProject('5'), ['project.created']],
    ['a project is renamed', aProject('5'), aProject('5', 'else'), ['project.updated']],
    ['a project is removed', aProject('5'), null, ['project.removed']],
    ['a project is assigned', null, aProjectTeam('5', '4'), ['project.assigned']],
    ['a project is unassigned', aProjectTeam('5', '4'), null, ['project.unassigned']],
    ['a token is created', null, aToken('6'), ['token.created']],
    ['a token is removed', aToken('6'), null, ['token.removed']],
    ['a record of an unknown kind arrives', null, aThing('x'), ['record.changed']],
    ['an organization is renamed', anOrganization(), anOrganization({ name: 'Else' }), ['organization.updated']],
    [
      'flags and settings change',
      anOrganization(),
      anOrganization({ openMembership: true, require2FA: true, safeFields: ['a'] }),
      ['flag.changed', 'flag.changed', 'setting.changed'],
    ],
  ];
  for (const [what, before, after, events] of cases) {
    it(`${what}: ${events.join(', ')}`, () => {
      assert.deepEqual(namesOf(change(before, after)), events);
    });
  }

  it('events carry the records before and after, the organization and the revision', () => {
    const [event] = deriveEvents('1', 7, 'step', [change(aTeam('4'), aTeam('4', 'else'))]);
    assert.deepEqual(event, {
      type: 'team.updated',
      org: '1',
      revision: 7,
      cause: 'step',
      before: aTeam('4').record,
      after: aTeam('4', 'else').record,
    });
    assert.ok(Object.isFrozen(event));
  });

  it('events name the flag or setting, with its value before and after', () => {
    const after: Partial<OrganizationRecord> = { openMembership: true, safeFields: ['a'] };
    assert.deepEqual(deriveEvents('1', 7, 'step', [change(anOrganization(), anOrganization(after))]), [
      { type: 'flag.changed', org: '1', revision: 7, cause: 'step', flag: 'openMembership', before: false, after: true },
      { type: 'setting.changed', org: '1', revision: 7, cause: 'step', setting: 'safeFields', before: [], after: ['a'] },
    ]);
  });

  it('[A3] records that only became visible or hidden are not reported as created or removed', () => {
    const changes = [
      change(aTeam('4'), null, true),
      change(null, aTeam('5')),
      change(aTeam('6'), null),
      change(aTeam('7'), aTeam('7', 'else')),
    ];
    const events = deriveEvents('1', 7, 'view', changes);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['team.removed', 'team.updated', 'access.changed'],
    );
    const last = events.at(-1);
    assert.ok(last?.type === 'access.changed');
    assert.deepEqual(last.appeared, [changes[1]]);
    assert.deepEqual(last.disappeared, [changes[0]]);
  });
});
