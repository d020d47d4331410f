import assert from 'node:assert/strict';
import { nextAttemptOf } from '../../../server/src/mail/retry.ts';

const created_at = '2026-03-01T12:00:00.000000Z';
const createdMs = Date.parse(created_at);
const minuteMs = 60_000;

function delayOf(attempts: number, chance = 1, { isRefused = false, ageMs = minuteMs } = {}): number | null {
  return nextAttemptOf({ attempts, created_at }, isRefused, createdMs + ageMs, chance);
}

describe('the delay before a mail is retried', () => {
  it('doubles from one second to one minute', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 5_000].map((attempts) => delayOf(attempts));
    assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('varies by half, so that mails that failed together are retried at different times', () => {
    assert.deepEqual([delayOf(3, 0), delayOf(3, 0.5), delayOf(3, 1)], [2_000, 3_000, 4_000]);
  });

  it('has no next value after three days', () => {
    const daysMs = (days: number) => days * 24 * 60 * minuteMs;
    assert.equal(delayOf(4_000, 1, { ageMs: daysMs(3) }), 60_000);
    assert.equal(delayOf(4_000, 1, { ageMs: daysMs(3) + 1 }), null);
  });

  it('has no next value after the fifth permanent rejection', () => {
    assert.equal(delayOf(4, 1, { isRefused: true }), 8_000);
    assert.equal(delayOf(5, 1, { isRefused: true }), null);
  });
});
