import assert from 'node:assert/strict';
import { ConfigError } from '../../../server/src/config/config-error.ts';
import { parseConfig } from '../../../server/src/config.ts';
import { defaultRetrySeconds, retryDelayMs } from '../../../server/src/consumers/retry-schedule.ts';

describe('the retry schedule', () => {
  it('spans three to four days by default', () => {
    const days = defaultRetrySeconds.reduce((sum, seconds) => sum + seconds, 0) / 86_400;
    assert.ok(days > 3 && days < 4, `${days} days`);
  });

  it('has one delay for each attempt, and none after the last', () => {
    assert.deepEqual(
      [1, 2, 3].map((attempts) => retryDelayMs([5, 30], attempts, 0, 0.5)),
      [5_000, 30_000, null],
    );
    assert.equal(retryDelayMs([5, 30], 3, 60, 0.5), null);
  });

  it('varies the delay by 20%', () => {
    assert.deepEqual(
      [0, 1].map((chance) => Math.round(retryDelayMs([10], 1, 0, chance)!)),
      [8_000, 12_000],
    );
  });

  it("waits at least as long as the receiver's Retry-After, for up to a day", () => {
    assert.deepEqual(
      [1, 60, 86_400, 1e9].map((after) => retryDelayMs([10], 1, after, 0.5)),
      [10_000, 60_000, 86_400_000, 86_400_000],
    );
  });

  it('can be set by the operator', () => {
    const parse = (text?: string) => parseConfig({ SECRET: 'a secret of at least 32 characters', WEBHOOK_RETRY_SECONDS: text });
    assert.deepEqual(parse().webhookRetrySeconds, defaultRetrySeconds);
    assert.deepEqual(parse('1, 2 0.5').webhookRetrySeconds, [1, 2, 0.5]);
    for (const wrong of ['0', '-1', 'soon', '5 x', '1e9', '1 '.repeat(101)]) assert.throws(() => parse(wrong), ConfigError, wrong);
  });
});
