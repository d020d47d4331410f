import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { OrgError } from '../../../../../protocol/src/index.ts';
import { refreshMembersOf, refreshPendingMembers } from '../../../../../server/src/write-path/users/members/refresh-members.ts';
import { scriptedWritePath } from '../../../../support/scripted-write-path.ts';

const locked = new OrgError('unavailable', 'The database did not complete the request in time. Try again shortly.');
const lost = Object.assign(new Error('connection lost'), { code: 'ECONNRESET' });
const gone = new OrgError('unavailable', 'The database cannot be reached. Try again shortly.', { cause: lost });

describe('the refresh of the member records of a user', () => {
  /** A write path where each user is a member of three organizations. */
  const begin = (userIds = ['7']) => {
    const scripted = scriptedWritePath((statement) => {
      if (statement.startsWith('delete')) return [];
      if (statement.includes('"pending_refreshes"')) return userIds.map((user_id) => ({ user_id, version: '1' }));
      return ['1', '2', '3'].map((organization_id) => ({ organization_id }));
    });
    const deletions = () => scripted.statements.filter((statement) => statement.startsWith('delete')).length;
    const endNext = async (orgId: string, error?: unknown) => {
      assert.deepEqual(
        scripted.running.map((command) => command.orgId),
        [orgId],
      );
      await scripted.running[0]!.end(error);
    };
    return { ...scripted, deletions, endNext };
  };

  it('[R12] reaches the other organizations if it fails in one, and remains pending', async () => {
    const { path, deletions, endNext } = begin();
    const failed = assert.rejects(refreshMembersOf(path, '7'), locked);
    await setImmediate();
    await endNext('1', locked);
    await endNext('2', new Error('a later error'));
    await endNext('3');
    await failed;
    assert.equal(deletions(), 0);
  });

  it('ends its request once it has succeeded in all organizations', async () => {
    const { path, deletions, endNext } = begin();
    const refreshed = refreshMembersOf(path, '7');
    await setImmediate();
    for (const orgId of ['1', '2', '3']) await endNext(orgId);
    await refreshed;
    assert.equal(deletions(), 1);
  });

  it('[R12] does not try the other organizations while the database is gone', async () => {
    const { path, running, endNext } = begin();
    const failed = assert.rejects(refreshMembersOf(path, '7'), gone);
    await setImmediate();
    await endNext('1', gone);
    await failed;
    assert.equal(running.length, 0);
  });

  it('[R12] continues with the next user if it fails for one', async () => {
    const { path, deletions, endNext } = begin(['7', '8']);
    const swept = refreshPendingMembers(path);
    await setImmediate();
    await endNext('1', locked);
    for (const orgId of ['2', '3', '1', '2', '3']) await endNext(orgId);
    await swept;
    assert.equal(deletions(), 1);
  });
});
