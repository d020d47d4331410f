import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { connect, type RollcallClient } from '@rollcall/client';
import { followsOfClient } from '../../../client-sdk/src/react/follows.ts';

/** Longer than anything is kept that nobody keeps. */
const longMs = 10_000;

describe('what components follow', () => {
  let client: RollcallClient;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    client = connect({ url: 'http://127.0.0.1:9', token: () => new Promise(() => {}) });
  });
  afterEach(() => {
    client.close();
    mock.timers.reset();
  });

  it('is one handle for all, until the last has let go and some time has passed', () => {
    const follows = followsOfClient(client);
    const letGo = [follows.keep('acme', {}), follows.keep('acme', {})];
    const handle = follows.get('acme', {});
    for (const one of letGo) {
      mock.timers.tick(longMs);
      assert.equal(handle.status.phase, 'loading');
      one();
      one();
    }
    assert.equal(handle.status.phase, 'loading');
    assert.equal(follows.get('acme', {}), handle);
    mock.timers.tick(longMs);
    assert.equal(handle.status.phase, 'closed');
    assert.notEqual(follows.get('acme', {}), handle);
  });

  it('goes on where another page keeps it in time', () => {
    const follows = followsOfClient(client);
    follows.keep('acme', {})();
    const handle = follows.get('acme', {});
    mock.timers.tick(1_000);
    follows.keep('acme', {});
    mock.timers.tick(longMs);
    assert.deepEqual([handle.status.phase, follows.get('acme', {}) === handle], ['loading', true]);
  });

  it('ends by itself where it was asked for in a render that nothing came of', () => {
    const handle = followsOfClient(client).get('acme', {});
    mock.timers.tick(longMs);
    assert.equal(handle.status.phase, 'closed');
  });

  it('stays as it ended for those who keep it, and is followed anew by who comes after them', () => {
    const follows = followsOfClient(client);
    const letGo = follows.keep('acme', {});
    const handle = follows.get('acme', {});
    handle.close();
    assert.equal(follows.get('acme', {}), handle);
    letGo();
    assert.notEqual(follows.get('acme', {}), handle);
  });
});
