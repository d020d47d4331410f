import assert from 'node:assert/strict';
import { hashPassword, isCheaperThan } from '../../../../server/src/identity/passwords/passwords.ts';

describe('the hash of a password', () => {
  it('counts as cheaper than a cost if memory times passes is lower', async () => {
    const hash = await hashPassword('a password', { memoryKib: 16, passes: 2 });
    for (const [memoryKib, passes, isCheaper] of [
      [16, 2, false],
      [32, 1, false],
      [8, 4, false],
      [8, 1, false],
      [16, 3, true],
      [17, 2, true],
      [64, 1, true],
    ] as const)
      assert.equal(isCheaperThan({ memoryKib, passes }, hash), isCheaper, `${memoryKib} KiB, ${passes} passes`);
  });

  it('stays if its form is unknown', () => {
    assert.equal(isCheaperThan({ memoryKib: 16, passes: 2 }, 'none'), false);
  });
});
