import assert from 'node:assert/strict';
import type { Context } from 'mocha';
import { judgeAnswers, takeMisfits } from './answers.ts';
import { stopShared } from './shared.ts';

export const mochaHooks = {
  beforeAll() {
    judgeAnswers();
  },
  afterEach(this: Context) {
    const misfits = takeMisfits();
    if (this.currentTest?.state !== 'failed') assert.deepEqual(misfits, [], 'answers that do not fit what docs say of them');
  },
  async afterAll() {
    await stopShared();
  },
};
