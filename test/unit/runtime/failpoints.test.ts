import assert from 'node:assert/strict';
import { ConfigError } from '../../../server/src/config/config-error.ts';
import { parseConfig } from '../../../server/src/config.ts';
import { Failpoints, failpointNames } from '../../../server/src/runtime/failpoints.ts';

const secret = { SECRET: 'a secret of at least 32 characters' };

describe('failpoints', () => {
  it('[V13.4.2] have no effect unless the configuration names one and the pass at which it ends the process', () => {
    assert.equal(parseConfig(secret).failpoint, null);
    for (const name of failpointNames) {
      assert.deepEqual(parseConfig({ ...secret, ROLLCALL_FAILPOINT: `${name}:20` }).failpoint, { name, time: 20 });
    }
    for (const wrong of ['after-commit', 'after-commit:0', 'before-commit:1']) {
      assert.throws(() => parseConfig({ ...secret, ROLLCALL_FAILPOINT: wrong }), ConfigError);
    }
  });

  it('do not end the process before their count is reached, or at another point', () => {
    for (const failpoints of [new Failpoints(null), new Failpoints({ name: 'before-live', time: failpointNames.length })]) {
      for (const name of failpointNames) failpoints.reach(name);
    }
  });
});
