import assert from 'node:assert/strict';
import type { OrgRoleId, TeamRoleId } from '@rollcall/protocol';
import { leaveTeam } from '../../../../../server/src/write-path/commands/teams/leave-team.ts';
import { aMember, anOrganization, asUser, aTeam, contextOf, onTeam, stateOf } from '../../../../support/numbered-builders.ts';

const team = aTeam('20');
const target = aMember('11');

interface Given {
  readonly orgRole?: OrgRoleId;
  readonly on?: TeamRoleId;
  readonly isSelf?: boolean;
  readonly of?: typeof team;
  readonly isTargetOn?: boolean;
}

function leave({ orgRole = 'member', on, isSelf = false, of = team, isTargetOn = true }: Given) {
  const caller = aMember('10', { orgRole });
  const rows = [
    ...(isTargetOn ? [onTeam(of, target)] : []),
    ...(on ? [onTeam(of, caller, on === 'admin' && orgRole === 'member' ? 'admin' : null)] : []),
  ];
  const state = stateOf({
    organization: [anOrganization({ openMembership: true })],
    member: [caller, target],
    team: [of],
    'team-member': rows,
  });
  const facts = { state, target: isSelf ? caller : target, team: of };
  return leaveTeam.decide({ member: '11', team: '20' }, facts, contextOf(asUser('10')));
}

describe('leave-team', () => {
  for (const { who, given } of [
    { who: 'a plain member themselves', given: { on: 'contributor', isSelf: true } },
    { who: 'a manager not on the team', given: { orgRole: 'manager' } },
    { who: 'an owner not on the team', given: { orgRole: 'owner' } },
    { who: 'an old admin on the team', given: { orgRole: 'admin', on: 'contributor' } },
    { who: 'a Team Admin of the team', given: { on: 'admin' } },
  ] as const) {
    it(`[8.4] lets ${who} remove another member`, () => {
      assert.deepEqual(
        leave(given).changes.map(({ kind, after }) => ({ kind, after })),
        [{ kind: 'team-member', after: null }],
      );
    });
  }

  for (const { who, given } of [
    { who: 'a plain member not on the team', given: {} },
    { who: 'a contributor of the team', given: { on: 'contributor' } },
    { who: 'an old admin not on the team, even with open membership', given: { orgRole: 'admin' } },
  ] as const) {
    it(`[8.4] refuses ${who} with 400`, () => {
      assert.throws(() => leave(given), { code: 'invalid', message: "You do not have permission to edit that user's membership." });
    });
  }

  it('[W3] changes nothing for a member who is not on the team', () => {
    assert.deepEqual(leave({ orgRole: 'owner', isTargetOn: false }).changes, []);
  });

  it('[8.4] refuses all callers on a team of the identity provider', () => {
    const of = aTeam('20', { flags: { 'idp:provisioned': true } });
    assert.throws(() => leave({ on: 'contributor', isSelf: true, of }), { code: 'forbidden' });
  });
});
