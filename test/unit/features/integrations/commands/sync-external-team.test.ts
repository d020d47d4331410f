import assert from 'node:assert/strict';
import type { ExternalTeamRecord, ExternalUserRecord, MemberRecord } from '@rollcall/protocol';
import { syncExternalTeam } from '../../../../../server/src/features/integrations/commands/sync-external-team.ts';
import type { DangerousSync } from '../../../../../server/src/features/integrations/domain/directory-reading.ts';
import { aMember, aTeam, contextOf, onTeam } from '../../../../support/numbered-builders.ts';

const team = aTeam('20');
const members = Array.from({ length: 20 }, (_, index) => aMember(String(100 + index)));
const follows: ExternalTeamRecord = {
  ...{ id: '30', provider: 'github', integrationId: '40', teamId: team.id, externalName: 'backend', externalId: '7' },
  follows: 'members',
};

/** The person with the number of the member. */
const personOf = ({ id }: MemberRecord) => ({ id: `p${id}`, name: `login-${id}` });
const mappingOf = (member: MemberRecord, fields: Partial<ExternalUserRecord> = {}): ExternalUserRecord => ({
  ...{ id: `5${member.id}`, provider: 'github', integrationId: '40', memberId: member.id },
  ...{ externalName: personOf(member).name, externalId: personOf(member).id },
  ...fields,
});

interface Given {
  readonly on: readonly MemberRecord[];
  readonly there: readonly MemberRecord[];
  readonly mapping?: ExternalTeamRecord | null;
  readonly mappings?: readonly ExternalUserRecord[];
  readonly all?: readonly MemberRecord[];
  readonly confirmed?: readonly DangerousSync[];
}

function sync({
  on,
  there,
  mapping = follows,
  mappings = members.map((member) => mappingOf(member)),
  all = members,
  confirmed = [],
}: Given) {
  const facts = { followed: mapping && { mapping, team }, mappings, members: all, teamMembers: on.map((member) => onTeam(team, member)) };
  const input = { integrationId: '40', mapping: follows, lease: 'x', people: there.map(personOf), confirmed };
  const { changes, audit = [], result } = syncExternalTeam.decide(input, facts, contextOf({ kind: 'system' }));
  const idsOf = (isJoin: boolean) =>
    changes.filter(({ after }) => (after !== null) === isJoin).map(({ before, after }) => (after ?? before)!.memberId);
  return { joined: idsOf(true), left: idsOf(false), audit: audit.map(({ event }) => event), result };
}

const ids = (list: readonly MemberRecord[]) => list.map(({ id }) => id);

describe('sync-external-team', () => {
  it('[13.14] applies the whole difference, with an audit event per member', () => {
    const { joined, left, audit, result } = sync({ on: members.slice(0, 3), there: members.slice(1, 5) });
    assert.deepEqual([joined, left, result], [ids(members.slice(3, 5)), ids(members.slice(0, 1)), null]);
    assert.deepEqual(audit, ['member.leave-team', 'member.join-team', 'member.join-team']);
  });

  it('[13.14] [W3] changes nothing without a difference, in any order', () => {
    const { joined, left, audit, result } = sync({ on: members.slice(0, 4), there: members.slice(0, 4).toReversed() });
    assert.deepEqual([joined, left, audit, result], [[], [], [], null]);
  });

  it('[13.14] changes nothing for a team that no longer follows, and after the claim has ended', () => {
    for (const mapping of [null, { ...follows, follows: 'off' as const }]) {
      const { joined, left, result } = sync({ on: members.slice(0, 3), there: [], mapping });
      assert.deepEqual([joined, left, result], [[], [], null]);
    }
  });

  it('[S-53] ignores people without a mapping, also those whose login or name is that of a member', () => {
    const named = aMember('100', { email: 'login-100@example.com' });
    const { joined } = sync({ on: [], there: members.slice(0, 2), mappings: [mappingOf(members[1]!)], all: [named, members[1]!] });
    assert.deepEqual(joined, ids(members.slice(1, 2)));
  });

  it('[S-53] finds a mapping with an id by the id alone, because a login can be given to another person', () => {
    const moved = mappingOf(members[0]!, { externalId: 'p999' });
    assert.deepEqual(sync({ on: [], there: [members[0]!], mappings: [moved] }).joined, []);
    const renamed = mappingOf(members[0]!, { externalName: 'former-login' });
    assert.deepEqual(sync({ on: [], there: [members[0]!], mappings: [renamed] }).joined, ['100']);
    const named = mappingOf(members[0]!, { externalName: '@LOGIN-100', externalId: null });
    assert.deepEqual(sync({ on: [], there: [members[0]!], mappings: [named] }).joined, ['100']);
  });

  it('[13.14] adds no invite, no request and no member whose user is deactivated, and removes those', () => {
    const inactive = [
      aMember('100', { user: null }),
      aMember('101', { user: { ...members[1]!.user!, isActive: false } }),
      aMember('102', { inviteStatus: 'requested_to_join' }),
    ];
    assert.deepEqual(sync({ on: [], there: members.slice(0, 3), all: inactive }).joined, []);
    assert.deepEqual(sync({ on: inactive, there: members.slice(0, 3), all: inactive }).left, ['100', '101', '102']);
  });

  it('[S-53] waits for a confirmation if the provider’s team is empty, even if the team here has one member', () => {
    const { left, result } = sync({ on: members.slice(0, 1), there: [] });
    assert.deepEqual([left, result], [[], { teamId: '20', added: 0, removed: 1, current: 1 }]);
    assert.equal(sync({ on: [], there: [] }).result, null);
  });

  for (const { on, there, isMade } of [
    { on: [0, 5], there: [4, 9], isMade: false },
    { on: [0, 12], there: [6, 12], isMade: true },
    { on: [0, 12], there: [7, 12], isMade: false },
    { on: [0, 0], there: [0, 5], isMade: true },
    { on: [0, 0], there: [0, 6], isMade: false },
  ]) {
    it(`[S-53] ${isMade ? 'applies' : 'waits for a confirmation of'} the change of members ${on} to ${there}`, () => {
      const { joined, left, result } = sync({ on: members.slice(...on), there: members.slice(...there) });
      assert.equal(joined.length + left.length > 0, isMade);
      assert.equal(result === null, isMade);
    });
  }

  it('[S-53] a confirmation covers the numbers that the person saw, and smaller ones, of that team', () => {
    const seen = { teamId: '20', added: 0, removed: 8, current: 10 };
    const change = (from: number, confirmed: readonly DangerousSync[]) =>
      sync({ on: members.slice(0, 10), there: members.slice(from, 10), confirmed }).left.length;
    assert.equal(change(8, [seen]), 8);
    assert.equal(change(7, [seen]), 7);
    assert.equal(change(9, [seen]), 0);
    assert.equal(change(8, [{ ...seen, teamId: '21' }]), 0);
  });
});
