import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';

describe('eventually', () => {
  it('returns the result of the assertion once it no longer throws', async () => {
    let tries = 0;
    const result = await eventually(() => {
      tries += 1;
      assert.ok(tries >= 3, 'the first tries fail');
      return tries;
    });
    assert.equal(result, 3);
  });

  it('rethrows the last error with its class and diff, and adds the waiting time', async () => {
    await assert.rejects(
      eventually(() => assert.equal(1, 2), { timeoutMs: 30 }),
      (error) => error instanceof assert.AssertionError && error.expected === 2 && /\(still so after \d+ ms\)$/.test(error.message),
    );
  });

  it('does not wait longer for an assertion that hangs', async () => {
    const never = () => new Promise<void>(() => {});
    await assert.rejects(eventually(never, { timeoutMs: 30 }), /did not finish \(still so after \d+ ms\)/);
  });
});
