import assert from 'node:assert/strict';
import { nextNight } from '../../../../../server/src/features/integrations/domain/next-night.ts';

describe('the next night', () => {
  for (const [now, chance, at] of [
    ['2026-03-01T00:30:00.000Z', 0, '2026-03-01T01:00:00.000Z'],
    ['2026-03-01T01:00:00.000Z', 0, '2026-03-02T01:00:00.000Z'],
    ['2026-03-01T12:00:00.000Z', 0.5, '2026-03-02T03:00:00.000Z'],
    ['2026-12-31T23:59:59.999Z', 1, '2027-01-01T05:00:00.000Z'],
  ] as const) {
    it(`[13.14] after ${now} is at ${at} for a chance of ${chance}`, () => {
      assert.equal(nextNight(Date.parse(now), chance), at);
    });
  }
});
