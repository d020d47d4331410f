import assert from 'node:assert/strict';
import { createLog } from '../../../../server/src/runtime/log.ts';
import { sweep } from '../../../../server/src/runtime/tasks/sweep.ts';

describe('a sweep', () => {
  const log = createLog('silent');
  const find = async () => [{ orgId: '1' }, { orgId: '2' }, { orgId: '3' }];

  it('continues with the other organizations after a command that failed, and cleans last', async () => {
    const done: string[] = [];
    await sweep(log, {
      ...{ name: 'tests', every: 1_000, find },
      async command({ orgId }) {
        if (orgId === '2') throw new Error('The lock is held.');
        done.push(orgId);
      },
      clean: async () => void done.push('clean'),
    }).run();
    assert.deepEqual(done, ['1', '3', 'clean']);
  });

  it('fails if it cannot find what is due, and cleans nothing', async () => {
    const failing = sweep(log, {
      ...{ name: 'tests', every: 1_000, command: async () => {} },
      find: () => Promise.reject(new Error('The database is gone.')),
      clean: async () => assert.fail('cleaned'),
    });
    await assert.rejects(failing.run(), /The database is gone/);
  });

  it('begins nothing after the stop', async () => {
    const never = async () => assert.fail('began');
    await sweep(log, { name: 'tests', every: 1_000, find: never, clean: never }).run(AbortSignal.abort());
  });
});
