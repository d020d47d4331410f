import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { ConfigError } from '../../../../server/src/config/config-error.ts';
import { parseConfig } from '../../../../server/src/config.ts';
import { type LimitState, RateLimits } from '../../../../server/src/identity/limits/rate-limits.ts';
import { limitTable } from '../../../../server/src/runtime/limits/limits.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';
import { collectGarbage } from '../../../support/collect-garbage.ts';
import { eventually } from '../../../support/eventually.ts';

const settings = { requestsPerCredential: 3, requestsPerAddress: 3, memberRequests: 3, concurrentRequests: 3 };

/** A store that counts its commands, and adds up the points of all keys. */
function countingStore() {
  const counted = { commands: 0, consumed: 0 };
  const shared = {
    isReady: true,
    async eval(_script: string, { arguments: [points] }: { readonly arguments: readonly string[] }) {
      counted.commands++;
      counted.consumed += Number(points);
      return [counted.consumed, 1_000];
    },
  };
  return { shared, counted };
}

describe('limits on requests', () => {
  it('[1.4] forget callers within seconds, so that memory is bounded for any number of addresses', async () => {
    const limits = new RateLimits(settings, null, new Counters());
    const heapMb = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed / 1_000_000;
    };
    const before = heapMb();
    for (let number = 0; number < 50_000; number++) await limits.count('requestsPerAddress', `address-${number}`);
    assert.ok(heapMb() > before + 4, 'the test counts too few callers to show a leak');
    await eventually(() => assert.ok(heapMb() < before + 2, `${heapMb() - before} MB stay`), { intervalMs: 300 });
  });

  it('[1.4] [R10] count the connections of one event-loop turn with one command, each as if it were alone', async () => {
    const { shared, counted } = countingStore();
    const limits = new RateLimits(settings, shared, new Counters());
    const connect = async (key: string) => {
      const { isOver, remaining } = await limits.countTogether('requestsPerAddress', key);
      return isOver ? 'over' : remaining;
    };
    assert.deepEqual(await Promise.all(['one', 'one'].map(connect)), [2, 1]);
    assert.deepEqual([counted.commands, counted.consumed], [1, 2]);
    assert.deepEqual(await Promise.all(['one', 'one', 'one'].map(connect)), [0, 'over', 'over']);
    assert.deepEqual([counted.commands, counted.consumed], [2, 5]);
    // The key is known to be over its limit, so neither costs a command.
    assert.equal(await connect('one'), 'over');
    assert.equal((await limits.count('requestsPerAddress', 'one', 0)).isOver, true);
    assert.equal(counted.commands, 2);
    counted.consumed = 0;
    assert.deepEqual(await Promise.all(['two', 'three'].map(connect)), [2, 1]);
    assert.equal(counted.commands, 4);
  });

  it('[1.4] [R10] count the connections of a burst with one command per 10 ms', async () => {
    const { shared, counted } = countingStore();
    const limits = new RateLimits({ ...settings, requestsPerAddress: 1_000 }, shared, new Counters());
    const beganAt = performance.now();
    const states: Promise<LimitState>[] = [];
    for (let turn = 0; turn < 500; turn++) {
      states.push(limits.countTogether('requestsPerAddress', 'one'));
      await setImmediate();
    }
    const remaining = (await Promise.all(states)).map((state) => state.remaining);
    // A timer may end a little early.
    const commandsMax = 2 + (performance.now() - beganAt) / 9;
    assert.ok(counted.commands <= commandsMax, `${counted.commands} commands, at most ${commandsMax}`);
    assert.deepEqual(
      remaining,
      states.map((_, index) => 999 - index),
    );
  });

  it('[1.4] report the time until a limit is reset', async () => {
    const limits = new RateLimits(settings, null, new Counters());
    const states: LimitState[] = [];
    for (let number = 0; number < 4; number++) states.push(await limits.count('memberRequests', 'one'));
    assert.deepEqual(
      states.map(({ remaining, isOver }) => [remaining, isOver]),
      [
        [2, false],
        [1, false],
        [0, false],
        [0, true],
      ],
    );
    const { resetMs } = states.at(-1)!;
    assert.ok(resetMs > 0 && resetMs <= 1_000, `${resetMs} ms`);
    assert.throws(() => limits.assertWithin(states.at(-1)!), { code: 'rate-limited', retryAfterSeconds: 1 });
  });

  it('accept only whole numbers from the configuration', () => {
    const secret = { SECRET: 'x'.repeat(32) };
    assert.equal(parseConfig(secret).limits.requestsPerAddress, 2_000);
    assert.equal(parseConfig({ ...secret, RATE_LIMIT_PER_ADDRESS: '7' }).limits.requestsPerAddress, 7);
    for (const { setting: name, max } of Object.values(limitTable)) {
      for (const wrong of ['0', '-1', '1.5', 'many', String(max + 1), '1e3']) {
        assert.throws(
          () => parseConfig({ ...secret, [name]: wrong }),
          (error: Error) => error instanceof ConfigError && error.message === `${name} must be a whole number from 1 to ${max}`,
          `${name}=${wrong}`,
        );
      }
    }
  });
});
