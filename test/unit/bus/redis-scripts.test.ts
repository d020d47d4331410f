import assert from 'node:assert/strict';
import { RedisScripts } from '../../../server/src/bus/redis-scripts.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { eventually } from '../../support/eventually.ts';

describe('scripts on Redis', () => {
  for (const [what, end] of [
    ['response', (resolve: () => void) => resolve()],
    ['error', (_resolve: () => void, reject: (error: Error) => void) => reject(new Error('MISCONF'))],
  ] as const) {
    it(`run again on a connection after its late ${what}`, async () => {
      let finish = () => {};
      const link = { runScript: () => new Promise<void>((resolve, reject) => (finish = () => end(resolve, reject))) };
      const scripts = new RedisScripts({ keyOf: (count) => count, link: () => link, counters: new Counters() });
      await assert.rejects(scripts.eval('', { keys: ['count'], arguments: [] }), /no response within 25 ms/);
      assert.equal(scripts.isReady, false);
      finish();
      await eventually(() => assert.equal(scripts.isReady, true));
    });
  }
});
