import assert from 'node:assert/strict';
import { RequestWindow } from '../../../client-sdk/src/request-window.ts';

describe('the window of requests', () => {
  it('20,000 requests that wait while the connection is lost are skipped', () => {
    const window = new RequestWindow();
    const pending: (() => void)[] = [];
    for (let number = 0; number < 100; number++) window.run((done) => pending.push(done));
    let skipped = 0;
    for (let number = 0; number < 20_000; number++) {
      window.run((done) => {
        skipped++;
        done();
      });
    }
    assert.equal(skipped, 0);
    pending[0]!();
    assert.equal(skipped, 20_000);
  });
});
