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
    if (this.currentTest?.state !== 'failed') assert.deepEqual(misfits, [], 'responses that deviate from their description');
  },
  async afterAll() {
    await stopShared();
  },
};
