import assert from 'node:assert/strict';
import type { Context } from 'mocha';
import { saveExamples } from './example-recorder.ts';
import { checkResponses, takeDeviations } from './response-checks.ts';
import { stopShared } from './shared.ts';

export const mochaHooks = {
  beforeAll() {
    checkResponses();
  },
  afterEach(this: Context) {
    const deviations = takeDeviations();
    if (this.currentTest?.state !== 'failed') assert.deepEqual(deviations, [], 'responses that deviate from their description');
  },
  async afterAll() {
    await stopShared();
    if (process.env.RECORD_EXAMPLES) saveExamples();
  },
};
