import assert from 'node:assert/strict';
import type { Context } from 'mocha';
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
  },
};
