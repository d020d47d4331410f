import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { OrgError } from '../../../../../protocol/src/index.ts';
import { JobLostError, type RunningJob } from '../../../../../server/src/jobs/job.ts';
import { refreshMembersHandler } from '../../../../../server/src/write-path/users/members/refresh-members.ts';
import { scriptedWritePath } from '../../../../support/scripted-write-path.ts';

interface Progress {
  readonly after: string;
  readonly failed: readonly string[];
}
const locked = new OrgError('unavailable', 'The database did not complete the request in time. Try again shortly.');
const lost = Object.assign(new Error('connection lost'), { code: 'ECONNRESET' });
const gone = new OrgError('unavailable', 'The database cannot be reached. Try again shortly.', { cause: lost });

describe('the job that refreshes the member records of a user', () => {
  /** A step for a user of these organizations. */
  const begin = (orgIds: readonly string[], progress: Progress | null = null) => {
    const scripted = scriptedWritePath(() => orgIds.map((organization_id) => ({ organization_id })));
    const stopping = new AbortController();
    const saved: Progress[] = [];
    const job = {
      ...{ id: '1', subject: '7', params: {}, progress, signal: stopping.signal },
      save: async (_db: unknown, next: Progress) => void saved.push(next),
      hold: async () => {},
      record: async () => {},
    } as unknown as RunningJob<object, never>;
    const step = refreshMembersHandler(scripted.path).step(job);
    step.catch(() => {});
    /** Ends the running commands, with an error for some organizations. */
    const endAll = async (errors: Readonly<Record<string, unknown>> = {}) => {
      await setImmediate();
      while (scripted.running.length > 0) await scripted.running[0]!.end(errors[scripted.running[0]!.orgId]);
    };
    return { ...scripted, step, saved, stopping, endAll };
  };

  it('runs four commands at a time, so that a user of many organizations leaves connections for requests', async () => {
    const { running, endAll, step } = begin(['1', '2', '3', '4', '5', '6']);
    await setImmediate();
    assert.equal(running.length, 4);
    await endAll();
    assert.equal(await step, 'continue');
  });

  it('[R12] continues after an organization that fails, and tries it again after all others', async () => {
    const first = begin(['1', '2', '3']);
    await first.endAll({ 2: locked });
    assert.equal(await first.step, 'continue');
    assert.deepEqual(first.saved, [{ after: '3', failed: ['2'] }]);
    const last = begin([], first.saved[0]);
    await last.endAll();
    assert.equal(await last.step, 'continue');
    assert.deepEqual(last.saved, [{ after: '3', failed: [] }]);
    assert.equal(await begin([], last.saved[0]).step, 'done');
  });

  it('[R12] fails, and so pauses, if only failing organizations are left', async () => {
    const { endAll, step, saved } = begin([], { after: '3', failed: ['1', '2'] });
    await endAll({ 1: locked, 2: locked });
    await assert.rejects(step, locked);
    assert.deepEqual(saved, [{ after: '3', failed: ['1', '2'] }]);
  });

  for (const [name, error] of [
    ['while the database is gone', gone],
    ['if another instance continues the job', new JobLostError()],
  ] as const) {
    it(`[R12] saves no progress ${name}`, async () => {
      const { endAll, step, saved } = begin(['1', '2']);
      await endAll({ 1: error });
      await assert.rejects(step, error);
      assert.deepEqual(saved, []);
    });
  }

  it('begins no command after the stop', async () => {
    const { running, stopping, endAll, step, saved } = begin(['1', '2', '3', '4', '5', '6']);
    await setImmediate();
    stopping.abort();
    const begun = running.map(({ orgId }) => orgId);
    await endAll();
    await assert.rejects(step, { name: 'AbortError' });
    assert.deepEqual([begun, saved], [['1', '2', '3', '4'], []]);
  });
});
