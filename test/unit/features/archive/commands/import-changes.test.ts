import assert from 'node:assert/strict';
import { type MemberRecord, OrgState, type TeamMemberRecord } from '@rollcall/protocol';
import { userActor } from '../../../../../server/src/domain/actor.ts';
import { importChanges } from '../../../../../server/src/features/archive/commands/import-changes.ts';
import { parseImportLines } from '../../../../../server/src/features/archive/import/parse-import-lines.ts';
import type { SavedRespellings } from '../../../../../server/src/features/archive/import/respellings.ts';
import { randomHex } from '../../../../../server/src/runtime/secrets/random.ts';
import { anId, anInvite, anOrganization, aState, aUser, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const noRespellings: SavedRespellings = { merge: null, spellings: {} };

/** Imports the lines into an organization and gives what came of it, by names. */
function play(lines: readonly (object | string)[], state: OrgState = aState(anOrganization()), respellings = noRespellings) {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const parsed = parseImportLines(text);
  const known = [...state.recordsOf('member').values()].flatMap(({ user }) => (user ? [user as unknown as ReturnType<typeof aUser>] : []));
  const users = new Map(known.map((user) => [user.email!.split('@')[0]!, user]));
  for (const line of parsed) {
    if (!('operation' in line) || line.operation.op !== 'member.add') continue;
    const login = line.operation.login.toLowerCase();
    if (!users.has(login)) users.set(login, aUser({ email: `${login}@users.invalid`, name: login }));
  }
  const facts = { state: OrgState.from(state.all()), users, ids: parsed.map(() => anId()), keyIds: parsed.map(() => randomHex(16)) };
  const input = { lines: parsed, respellings, counts: {}, isLast: true };
  const { changes, result } = importChanges.decide(
    input,
    facts,
    commandContext({ orgId: '1', actor: { kind: 'operator', name: 'bootstrap' }, now }),
  );
  const after = OrgState.from(state.all());
  for (const { kind, id, after: record } of changes) record ? after.put(kind, record) : after.remove(kind, id);
  return { ...result, reasons: result.skipped.map(({ reason }) => reason), changes, after };
}

function loginsOf(state: OrgState): string[] {
  return ([...state.recordsOf('member').values()] as unknown as MemberRecord[]).map(({ name, orgRole }) => `${name} ${orgRole}`).sort();
}

function teamMembersOf(state: OrgState): string[] {
  const rows = [...state.recordsOf('team-member').values()] as unknown as TeamMemberRecord[];
  return rows.map((row) => `${state.team(row.teamId)!.slug} ${state.member(row.memberId)!.name} ${row.teamRole ?? '-'}`).sort();
}

const add = (login: string, role = 'member', commit?: string) => ({ op: 'member.add', login, role, commit });
const remove = (login: string, commit?: string) => ({ op: 'member.remove', login, commit });
const team = (name: string) => ({ op: 'team.create', team: name });
const join = (name: string, login: string, role = 'contributor', commit?: string) => ({ op: 'team.join', team: name, login, role, commit });
const leave = (name: string, login: string, commit?: string) => ({ op: 'team.leave', team: name, login, commit });

describe('import-changes', () => {
  it('counts lines from 1 and every line as applied or skipped', () => {
    const { applied, skipped } = play([add('reader'), '', 'null', '{"op":"member.add"}', { op: 'unknown' }, add('a b'), add('x', 'king')]);
    assert.equal(applied, 1);
    assert.deepEqual(skipped, [
      { line: 2, reason: 'bad-json' },
      { line: 3, reason: 'bad-operation' },
      { line: 4, reason: 'bad-operation' },
      { line: 5, reason: 'bad-operation' },
      { line: 6, reason: 'bad-operation' },
      { line: 7, reason: 'bad-operation' },
    ]);
  });

  it('does not count the last line break as a line', () => {
    assert.deepEqual(parseImportLines(''), []);
    assert.equal(parseImportLines('{}\n').length, 1);
    assert.equal(parseImportLines('{}\r\n{}\r\n').length, 2);
    assert.equal(parseImportLines('{}\n\n{}').length, 3);
  });

  it('matches a login in any case, even if it has only digits', () => {
    const { after, changes } = play([add('Reader'), add('READER', 'owner'), add('249043822')]);
    assert.deepEqual(loginsOf(after), ['249043822 member', 'reader owner']);
    assert.equal(changes.length, 2);
  });

  it('[W3] counts a line without an effect as applied, and changes nothing', () => {
    const first = play([add('reader'), team('watch'), join('watch', 'reader')]);
    const again = play([add('reader'), team('watch'), join('watch', 'reader'), remove('nobody'), leave('none', 'reader')], first.after);
    assert.deepEqual([again.changes, again.applied], [[], 5]);
  });

  it('omits records that were created and removed in the same revision', () => {
    const { changes } = play([
      add('reader'),
      team('watch'),
      join('watch', 'reader'),
      remove('reader'),
      { op: 'team.remove', team: 'watch' },
    ]);
    assert.deepEqual(changes, []);
  });

  it('removes team memberships with their member and with their team', () => {
    const before = play([
      add('reader'),
      add('writer'),
      team('day'),
      team('night'),
      join('day', 'reader'),
      join('night', 'reader'),
      join('day', 'writer'),
    ]).after;
    assert.deepEqual(teamMembersOf(play([remove('reader')], before).after), ['day writer -']);
    assert.deepEqual(teamMembersOf(play([{ op: 'team.remove', team: 'day' }], before).after), ['night reader -']);
  });

  it('[6.6] removes the invites that a removed member sent', () => {
    const joined = play([add('reader')]).after;
    const [reader] = [...joined.recordsOf('member').values()] as unknown as MemberRecord[];
    joined.put('member', anInvite({ inviterId: reader!.user!.id }));
    assert.equal(play([remove('reader')], joined).after.recordsOf('member').size, 0);
  });

  it('[6.6] keeps the locked-out members and the invites of the identity provider that a removed member had invited', () => {
    const joined = play([add('reader')]).after;
    const [reader] = [...joined.recordsOf('member').values()] as unknown as MemberRecord[];
    const inviterId = reader!.user!.id;
    joined.put('member', anInvite({ inviterId, name: 'locked out', detachedUser: { id: anId(), name: 'Locked Out' } }));
    joined.put('member', anInvite({ inviterId, name: 'provisioned', flags: { ...reader!.flags, 'idp:provisioned': true } }));
    joined.put('member', anInvite({ inviterId, name: 'invited' }));
    assert.deepEqual(loginsOf(play([remove('reader')], joined).after), ['locked out member', 'provisioned member']);
  });

  it('[6] keeps another user’s locked-out member and the identity provider’s invite with the address of a new member', () => {
    const email = 'reader@users.invalid';
    const lockedOut = anInvite({ email, name: 'locked out', detachedUser: { id: anId(), name: 'Locked Out' } });
    const provisioned = anInvite({ email, name: 'provisioned', flags: { ...lockedOut.flags, 'idp:provisioned': true } });
    const state = aState(anOrganization(), { members: [lockedOut, provisioned, anInvite({ email, name: 'invited' })] });
    assert.deepEqual(loginsOf(play([add('reader')], state).after), ['locked out member', 'provisioned member', 'reader member']);
  });

  it('[6] replaces an invite to the address of a new member', () => {
    const state = aState(anOrganization(), { members: [anInvite({ email: 'Reader@users.invalid' })] });
    assert.deepEqual(loginsOf(play([add('reader')], state).after), ['reader member']);
  });

  it('skips a team or a role for a user who is not a member at that line', () => {
    const { reasons, after } = play([
      team('watch'),
      join('watch', 'reader'),
      { op: 'member.role', login: 'reader', role: 'owner' },
      add('reader'),
      { op: 'team.role', team: 'watch', login: 'reader', role: 'admin' },
      join('none', 'reader'),
      { op: 'project.assign', team: 'none', project: 'p' },
    ]);
    assert.deepEqual(reasons, ['not-a-member', 'not-a-member', 'not-on-team', 'unknown-team', 'unknown-team']);
    assert.deepEqual(teamMembersOf(after), []);
    assert.equal(after.recordsOf('project').size, 0);
  });

  it('[17.6] stores no team role that the organization role includes', () => {
    const { after } = play([add('reader'), team('watch'), join('watch', 'reader', 'admin')]);
    assert.deepEqual(teamMembersOf(after), ['watch reader admin']);
    assert.deepEqual(teamMembersOf(play([{ op: 'member.role', login: 'reader', role: 'owner' }], after).after), ['watch reader -']);
  });

  it('removes even the last owner, as the history states', () => {
    const { after } = play([add('reader', 'owner')]);
    assert.deepEqual(loginsOf(play([remove('reader')], after).after), []);
  });

  it('limits slugs to 50 characters, keeps whole names, and skips another name with the same slug', () => {
    const long = 'a'.repeat(60);
    const { reasons, after } = play([
      team('K8s.io Admins!'),
      team(long),
      team(`${long}b`),
      team('k8s-io-admins'),
      team('2024'),
      team('...'),
    ]);
    assert.deepEqual(reasons, ['slug-taken', 'slug-taken', 'bad-slug', 'bad-slug']);
    assert.deepEqual(
      [...after.recordsOf('team').values()].map(({ slug, name }) => [slug, name]),
      [
        ['k8s-io-admins', 'K8s.io Admins!'],
        ['a'.repeat(50), long],
      ],
    );
  });

  it('frees the slug of a removed team', () => {
    const { reasons } = play([team('Watch'), { op: 'team.remove', team: 'Watch' }, team('watch')]);
    assert.deepEqual(reasons, []);
  });

  it('creates a project on its first use, and keeps it without a team', () => {
    const assigned = play([team('watch'), { op: 'project.assign', team: 'watch', project: 'K8s.io' }]).after;
    assert.equal(assigned.recordsOf('project-team').size, 1);
    const { after } = play([{ op: 'project.unassign', team: 'watch', project: 'K8s.io' }], assigned);
    assert.deepEqual([after.recordsOf('project-team').size, [...after.recordsOf('project').values()][0]?.slug], [0, 'k8s-io']);
  });

  describe('a login that a merge spells differently', () => {
    const before = play([add('Reader'), team('watch'), join('watch', 'Reader')]).after;

    it('keeps its member and team memberships', () => {
      const { after, applied } = play(
        [join('watch', 'reader', 'contributor', 'm'), leave('watch', 'Reader', 'm'), add('reader', 'member', 'm'), remove('Reader', 'm')],
        before,
      );
      assert.equal(applied, 4);
      assert.deepEqual([loginsOf(after), teamMembersOf(after)], [['reader member'], ['watch reader -']]);
    });

    it('keeps them even if the merge is split into two revisions', () => {
      const first = play([add('reader', 'member', 'm')], before);
      assert.deepEqual(loginsOf(play([remove('Reader', 'm')], first.after, first.respellings).after), ['reader member']);
    });

    it('can be removed by a later merge, by the same spelling, and without a merge', () => {
      assert.deepEqual(loginsOf(play([add('reader', 'member', 'm'), remove('Reader', 'n')], before).after), []);
      assert.deepEqual(loginsOf(play([add('reader', 'member', 'm'), remove('reader', 'm')], before).after), []);
      assert.deepEqual(loginsOf(play([add('reader'), remove('Reader')], before).after), []);
    });

    it('can be removed if the same merge added it', () => {
      assert.deepEqual(loginsOf(play([add('reader', 'member', 'm'), remove('Reader', 'm')]).after), []);
    });
  });

  it('[S-05] refuses callers other than the operator', () => {
    const facts = { state: aState(anOrganization()), users: new Map(), ids: [], keyIds: [] };
    const actor = userActor('1');
    assert.throws(
      () =>
        importChanges.decide(
          { lines: [], respellings: noRespellings, counts: {}, isLast: true },
          facts,
          commandContext({ orgId: '1', actor, now }),
        ),
      {
        code: 'forbidden',
      },
    );
  });
});
