import assert from 'node:assert/strict';
import type { Context } from 'mocha';
import { saveExamples } from './example-recorder.ts';
import { assertNothingOpen } from './open-resources.ts';
import { makePasswordsCheap } from './password-cost.ts';
import { checkResponses, takeDeviations } from './response-checks.ts';
import { stopShared } from './shared.ts';
import { takeUnconstrained, watchStatements } from './statements/statement-watch.ts';

export const mochaHooks = {
  beforeAll() {
    makePasswordsCheap();
    checkResponses();
    watchStatements();
  },
  async afterEach(this: Context) {
    const deviations = takeDeviations();
    if (this.currentTest?.state === 'failed') return;
    assert.deepEqual(deviations, [], 'responses that deviate from their description');
  },
  async afterAll() {
    await stopShared();
    if (process.env.RECORD_EXAMPLES) saveExamples();
    assert.deepEqual(await takeUnconstrained(), [], 'add the condition, or an exception to test/support/statements/exceptions.ts');
    await assertNothingOpen();
    endWithoutCleanup();
  },
};

/**
 * Ends the process when its event loop is empty, without Node's own clean-up. That clean-up
 * sometimes never ends: `CleanupHandles` in Node 20 and 24 waits for a request, with a loop that
 * has nothing left to do, at full CPU. `process.exit` skips it, as the server does. The listener
 * is added last, after mocha's, which sets the exit code.
 */
function endWithoutCleanup(): void {
  process.once('beforeExit', () => process.once('exit', () => process.exit()));
}
