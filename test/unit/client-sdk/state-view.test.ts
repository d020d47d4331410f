import assert from 'node:assert/strict';
import { OrgState } from '@rollcall/protocol';
import { compareIds, StateView } from '../../../client-sdk/src/state-view.ts';
import { aMember, anInvite, anOrganization, aProject, aTeam, aTeamMember, aThing, type KindAndRecord } from './records.ts';

function openView(...records: KindAndRecord[]) {
  const source = OrgState.from(records);
  const view = new StateView();
  for (const { kind } of records) view.markChanged(kind);
  const change = ({ kind, record }: KindAndRecord) => {
    source.put(kind, record);
    view.markChanged(kind);
  };
  return { source, change, read: (revision: number) => view.read(source, '1', revision), view };
}

describe('the state view', () => {
  it('the state is the same frozen object until it changes', () => {
    const { read, change } = openView(anOrganization(), aTeam('1'));
    const first = read(5);
    assert.ok(Object.isFrozen(first) && Object.isFrozen(first.teams));
    assert.equal(read(5), first);
    change(aTeam('2'));
    assert.notEqual(read(6), first);
  });

  it('unchanged lists stay the same objects', () => {
    const { read, change } = openView(anOrganization(), aTeam('1'), aMember('1'), anInvite('2'), aProject('1'));
    const first = read(5);
    change(aTeam('2'));
    const second = read(6);
    assert.notEqual(second.teams, first.teams);
    assert.equal(second.projects, first.projects);
    change(aMember('1', { name: 'Else' }));
    const third = read(7);
    assert.notEqual(third.members, second.members);
    assert.equal(third.invites, second.invites);
    assert.equal(third.teams, second.teams);
  });

  it('an invite becomes a member when it is accepted', () => {
    const { read, change } = openView(aMember('1'), anInvite('2'));
    assert.deepEqual([read(5).members.length, read(5).invites.length], [1, 1]);
    change(aMember('2'));
    assert.deepEqual([read(6).members.length, read(6).invites.length], [2, 0]);
  });

  it('ids are ordered by number', () => {
    const { read } = openView(aTeam('10'), aTeam('9'), aTeam('100'), aTeamMember('10', '1'), aTeamMember('9', '20'), aTeamMember('9', '3'));
    assert.deepEqual(
      read(5).teams.map(({ id }) => id),
      ['9', '10', '100'],
    );
    assert.deepEqual(
      read(5).teamMembers.map(({ id }) => id),
      ['9:3', '9:20', '10:1'],
    );
    assert.equal(Math.sign(compareIds('9223372036854775806', '9223372036854775807')), -1);
  });

  it('the state contains unknown kinds, by kind, and drops the empty ones', () => {
    const { read, source, view } = openView(aThing('x'), { ...aThing('y'), kind: '__proto__' });
    assert.deepEqual(read(5).others.thing, [aThing('x').record]);
    assert.ok(Object.hasOwn(read(5).others, '__proto__'));
    source.remove('thing', 'x');
    view.markChanged('thing');
    assert.equal(read(6).others.thing, undefined);
  });

  it('the state is empty without a replica', () => {
    const { read, view, source } = openView(aTeam('1'));
    read(5);
    view.clear();
    const state = view.read(source, '1', null);
    assert.equal(state.revision, null);
    assert.deepEqual(state.teams, []);
  });
});
