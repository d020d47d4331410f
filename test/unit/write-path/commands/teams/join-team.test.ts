import assert from 'node:assert/strict';
import type { OrgRoleId } from '@rollcall/protocol';
import { joinTeam } from '../../../../../server/src/write-path/commands/teams/join-team.ts';
import { aMember, anOrganization, asUser, aTeam, contextOf, onTeam, stateOf } from '../../../../support/numbered-builders.ts';

const team = aTeam('20');
const target = aMember('11');

/** The outcome for a caller who adds the target, or themselves where `isSelf`. */
function join({
  orgRole = 'member' as OrgRoleId,
  isOpen = false,
  on = null as 'contributor' | 'admin' | null,
  isSelf = false,
  of = team,
  isAsked = false,
}) {
  const caller = aMember('10', { orgRole });
  const state = stateOf({
    organization: [anOrganization({ openMembership: isOpen })],
    member: [caller, target],
    team: [of],
    'team-member': on === null ? [] : [onTeam(of, caller, on === 'admin' && orgRole === 'member' ? 'admin' : null)],
  });
  const facts = {
    state,
    target: isSelf ? caller : target,
    team: of,
    request: isAsked ? null : { id: '30', approverAddresses: ['owner@example.com'] },
  };
  return joinTeam.decide({ member: '11', team: '20' }, facts, contextOf(asUser('10')));
}

describe('join-team', () => {
  for (const { who, given, outcome } of [
    { who: 'a plain member, open membership', given: { isOpen: true }, outcome: 'joined' },
    { who: 'a plain member for themselves, open membership', given: { isOpen: true, isSelf: true }, outcome: 'joined' },
    { who: 'a plain member', given: {}, outcome: 'requested' },
    { who: 'a plain member for themselves', given: { isSelf: true }, outcome: 'requested' },
    { who: 'a contributor of the team', given: { on: 'contributor' }, outcome: 'requested' },
    { who: 'a Team Admin of the team', given: { on: 'admin' }, outcome: 'joined' },
    { who: 'an old admin not on the team', given: { orgRole: 'admin' }, outcome: 'requested' },
    { who: 'an old admin on the team', given: { orgRole: 'admin', on: 'contributor' }, outcome: 'joined' },
    { who: 'a manager not on the team', given: { orgRole: 'manager' }, outcome: 'joined' },
    { who: 'an owner not on the team', given: { orgRole: 'owner' }, outcome: 'joined' },
  ] as const) {
    it(`[8.4] ${outcome}: ${who}`, () => {
      const { changes, result } = join(given);
      assert.equal(result.outcome, outcome);
      assert.deepEqual(
        changes.map(({ kind }) => kind),
        [outcome === 'joined' ? 'team-member' : 'access-request'],
      );
    });
  }

  it('[8.4] creates one request, and names the requester of a request for another member', () => {
    const request = { id: '30', teamId: '20', memberId: '11' };
    assert.deepEqual(join({}).changes[0]?.after, { ...request, requesterId: '1010' });
    assert.deepEqual(join({ isSelf: true }).changes[0]?.after, { ...request, memberId: '10', requesterId: null });
    assert.deepEqual(join({ isAsked: true }).changes, []);
  });

  it('[8.4] mails the approvers about a new request only', () => {
    const mails = join({}).mails!;
    assert.deepEqual(
      mails.map(({ template, to }) => ({ template, to })),
      [{ template: 'team-access-request', to: 'owner@example.com' }],
    );
    assert.equal(join({ isAsked: true }).mails, undefined);
    assert.equal(join({ isOpen: true }).mails, undefined);
  });

  it('[8.4] stores no team role for a member who joins', () => {
    assert.deepEqual(join({ orgRole: 'owner' }).changes[0]?.after, { id: '20:11', teamId: '20', memberId: '11', teamRole: null });
  });

  it('[8.4] returns that a member is already on the team before it checks the identity provider', () => {
    const provisioned = aTeam('20', { flags: { 'idp:provisioned': true } });
    assert.equal(join({ of: provisioned, on: 'contributor', isSelf: true }).result.outcome, 'already-on-team');
    assert.throws(() => join({ of: provisioned, orgRole: 'owner' }), { code: 'forbidden' });
  });
});
