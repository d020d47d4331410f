import assert from 'node:assert/strict';
import { KeyedLimit } from '../../../../server/src/runtime/limits/keyed-limit.ts';

describe('a limit of work with the same key', () => {
  it('refuses work beyond it, until some of the work is done or has failed, and not that of other keys', async () => {
    const limit = new KeyedLimit(2, () => new Error('full'));
    const ends: (() => void)[] = [];
    const hold = () => new Promise<void>((resolve) => ends.push(resolve));
    const first = limit.run('a', hold);
    const second = limit.run('a', async () => {
      await hold();
      throw new Error('failed');
    });
    await assert.rejects(limit.run('a', hold), /full/);
    assert.equal(await limit.run('b', async () => 1), 1);
    ends[1]!();
    await assert.rejects(second, /failed/);
    assert.equal(await limit.run('a', async () => 2), 2);
    const third = limit.run('a', hold);
    await assert.rejects(limit.run('a', hold), /full/);
    for (const end of ends) end();
    await Promise.all([first, third]);
  });
});
