import assert from 'node:assert/strict';
import type { MemberRecord, OrganizationState, TeamMemberRecord } from '@rollcall/client';
import { type BulkJob, jobOf, leftOf, sizeOf } from '../../../dashboard/src/bulk/bulk-job.ts';
import { summaryOf } from '../../../dashboard/src/bulk/bulk-summary.ts';
import { changed } from '../../../dashboard/src/bulk/bulk-task.ts';
import { type BulkChoice, planBulk } from '../../../dashboard/src/bulk/plan-bulk.ts';
import { undoTaskOf } from '../../../dashboard/src/bulk/undo-task.ts';
import type { MemberViewer } from '../../../dashboard/src/pages/members/member-permissions.ts';
import { aMember, anOrganization, aTeam, aTeamMember } from '../../support/builders.ts';

const owner = aMember({ orgRole: 'owner' });
const viewer: MemberViewer = {
  member: owner,
  canAdminMembers: true,
  canInvite: true,
  canWriteOrganization: true,
  hasOpenMembership: true,
  ownMemberships: new Map(),
  hasOtherAdministrator: true,
};
const team = aTeam('web');
const membersOf = (count: number, fields: Partial<MemberRecord> = {}) => Array.from({ length: count }, () => aMember(fields));
const planOf = (choice: BulkChoice, selected: readonly MemberRecord[], teamMembers: readonly TeamMemberRecord[] = []) =>
  planBulk(choice, selected, { organization: anOrganization(), teamMembers, viewer });
/** A job whose first requests have changed all of their members. */
function finished(job: BulkJob, batches = job.batches.length): BulkJob {
  const ids = job.batches.slice(0, batches).flatMap(({ members }) => members);
  return { ...job, finished: batches, isRunning: false, outcomes: new Map([...job.outcomes, ...ids.map((id) => [id, changed] as const)]) };
}
const stateWith = (members: readonly MemberRecord[], teamMembers: readonly TeamMemberRecord[]) =>
  ({ members, invites: [], teams: [team], teamMembers }) as unknown as OrganizationState;

describe('the plan of a bulk action', () => {
  it('counts the members that it changes, and who needs no change or can’t be changed', () => {
    const [on, off] = [membersOf(3), membersOf(30)];
    const added = planOf(
      { kind: 'add', team },
      [...on, ...off],
      on.map((member) => aTeamMember(team, member)),
    );
    assert.equal(added.text, 'Add 30 members to #web. 3 are on it already. You can undo this for a minute afterwards.');
    assert.equal(added.action, 'Add 30 members');
    assert.deepEqual(
      added.task.steps,
      [{ action: { action: 'add-to-team', team: team.id }, members: off.map(({ id }) => id) }],
      'members on the team are not sent',
    );
    const roles = planOf({ kind: 'role', role: 'manager' }, [owner, ...membersOf(2), ...membersOf(1, { orgRole: 'manager' })]);
    assert.equal(
      roles.text,
      'Change the role of 2 members to Manager. 1 has that role already. 1 can’t be changed. You can undo this for a minute afterwards.',
    );
    const removed = planOf({ kind: 'remove' }, [owner, ...membersOf(1_000)]);
    assert.equal(removed.action, 'Remove 1,000 members');
    assert.equal(removed.task.before, null, 'a removal can’t be undone');
  });

  it('makes requests of up to 100 members, each with a key of its own', () => {
    const job = jobOf(planOf({ kind: 'add', team }, membersOf(250)).task);
    assert.deepEqual(
      job.batches.map(({ members }) => members.length),
      [100, 100, 50],
    );
    assert.equal(new Set(job.batches.map(({ key }) => key)).size, 3);
    assert.deepEqual([sizeOf(job), leftOf(job), leftOf(finished(job, 2))], [250, 250, 50]);
  });

  it('has a result that counts changed members apart from others', () => {
    const on = membersOf(1);
    const job = finished(
      jobOf(
        planOf(
          { kind: 'add', team },
          [...on, ...membersOf(111)],
          on.map((member) => aTeamMember(team, member)),
        ).task,
      ),
    );
    assert.equal(summaryOf(job), '111 members added to #web. 1 was on it already.');
    assert.equal(summaryOf({ ...finished(job, 1), isStopped: true, outcomes: new Map() }), '0 members added to #web. Stopped.');
    assert.equal(summaryOf({ ...job, isLost: true }), 'Your access to the organization has ended.');
  });
});

describe('the undo of a bulk action', () => {
  it('restores the role of each member, except of those whom others have changed since', () => {
    const [admin, member, other] = [aMember({ orgRole: 'admin' }), aMember({ orgRole: 'member' }), aMember({ orgRole: 'member' })];
    const job = finished(jobOf(planOf({ kind: 'role', role: 'manager' }, [admin, member, other]).task));
    const now = [admin, member].map((one): MemberRecord => ({ ...one, orgRole: 'manager' }));
    const undo = undoTaskOf(job, stateWith([...now, { ...other, orgRole: 'owner' }], []))!;
    assert.deepEqual(undo.steps, [
      { action: { action: 'set-role', orgRole: 'admin' }, members: [admin.id] },
      { action: { action: 'set-role', orgRole: 'member' }, members: [member.id] },
    ]);
    assert.equal(undo.before, null, 'an undo can’t be undone');
  });

  it('restores team memberships with their roles, and only those that the action removed', () => {
    const [lead, plain, unsent] = [aMember(), aMember(), aMember()];
    const places = [aTeamMember(team, lead, 'admin'), aTeamMember(team, plain), aTeamMember(team, unsent)];
    const job = finished(jobOf(planOf({ kind: 'leave', team }, [lead, plain], places).task));
    const undo = undoTaskOf(job, stateWith([lead, plain, unsent], [places[2]!]))!;
    assert.deepEqual(undo.steps, [
      { action: { action: 'add-to-team', team: team.id }, members: [lead.id, plain.id] },
      { action: { action: 'set-team-role', team: team.id, teamRole: 'admin' }, members: [lead.id] },
    ]);
  });

  it('leaves alone members whose request was not finished', () => {
    const members = membersOf(150);
    const job = finished(jobOf(planOf({ kind: 'add', team }, members).task), 1);
    const on = members.map((member) => aTeamMember(team, member));
    const undo = undoTaskOf(job, stateWith(members, on))!;
    assert.equal(undo.steps[0]!.members.length, 100);
  });
});
