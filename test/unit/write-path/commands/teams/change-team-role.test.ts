import assert from 'node:assert/strict';
import type { OrgRoleId, TeamRoleId } from '@rollcall/protocol';
import { changeTeamRole } from '../../../../../server/src/write-path/commands/teams/change-team-role.ts';
import { aMember, anOrganization, asUser, aTeam, contextOf, onTeam, stateOf } from '../../../../support/numbered-builders.ts';

const team = aTeam('20');

interface Given {
  readonly callerRole?: OrgRoleId;
  readonly callerOn?: TeamRoleId;
  readonly targetRole?: OrgRoleId;
  /** The stored role of the member. */
  readonly held?: TeamRoleId | null;
  readonly teamRole?: TeamRoleId;
  readonly malformed?: Record<string, string[]>;
}

function change({ callerRole = 'member', callerOn, targetRole = 'member', held = null, teamRole, malformed = {} }: Given, isOn = true) {
  const caller = aMember('10', { orgRole: callerRole });
  const target = aMember('11', { orgRole: targetRole });
  const state = stateOf({
    organization: [anOrganization({ openMembership: true })],
    member: [caller, target],
    team: [team],
    'team-member': [...(isOn ? [onTeam(team, target, held)] : []), ...(callerOn ? [onTeam(team, caller, callerOn)] : [])],
  });
  const input = { member: '11', team: '20', teamRole };
  return changeTeamRole.decide(input, { state, target, team }, contextOf(asUser('10'), { malformed }));
}

describe('change-team-role', () => {
  it('[8.4] makes a contributor a Team Admin', () => {
    const { changes, result } = change({ callerRole: 'owner', teamRole: 'admin' });
    assert.equal(changes.length, 1);
    assert.equal(result.teamRole, 'admin');
  });

  it('[8.4] stores null for a role that the organization role includes', () => {
    assert.deepEqual(change({ callerRole: 'owner', targetRole: 'manager', teamRole: 'admin' }), {
      changes: [],
      audit: [],
      result: { id: '20:11', teamId: '20', memberId: '11', teamRole: null },
    });
  });

  it('[8.4] makes a Team Admin a contributor', () => {
    assert.equal(change({ callerOn: 'admin', held: 'admin', teamRole: 'contributor' }).result.teamRole, null);
  });

  for (const { who, given } of [
    { who: 'a contributor who promotes', given: { callerOn: 'contributor', teamRole: 'admin' } },
    { who: 'a contributor who demotes a Team Admin', given: { callerOn: 'contributor', held: 'admin', teamRole: 'contributor' } },
    { who: 'a plain member not on the team', given: { held: 'admin', teamRole: 'contributor' } },
  ] as const) {
    it(`[8.4] refuses ${who} with 400`, () => {
      assert.throws(() => change(given), { code: 'invalid', message: "You do not have permission to edit that user's membership." });
    });
  }

  it('[4.3] lets an organization admin who is not on the team set the role that their organization role includes', () => {
    assert.equal(change({ callerRole: 'admin', teamRole: 'admin' }).result.teamRole, 'admin');
  });

  it('[8.4] reports a member who is not on the team as not found, for any body', () => {
    assert.throws(() => change({ callerRole: 'owner', malformed: { teamRole: ['"x" is not a valid choice.'] } }, false), {
      code: 'not-found',
    });
  });

  it('[W3] changes nothing without a role', () => {
    assert.deepEqual(change({ held: 'admin' }).changes, []);
  });
});
