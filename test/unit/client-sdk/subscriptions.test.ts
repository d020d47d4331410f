import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { connect, type RollcallClient } from '@rollcall/client';
import { subscriptionsOf } from '../../../client-sdk/src/react/subscriptions.ts';

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

  it('is release handle for all, until the last has let go and some time has passed', () => {
    const subscriptions = subscriptionsOf(client);
    const releases = [subscriptions.retain('acme', {}), subscriptions.retain('acme', {})];
    const handle = subscriptions.get('acme', {});
    for (const release of releases) {
      mock.timers.tick(longMs);
      assert.equal(handle.status.phase, 'loading');
      release();
      release();
    }
    assert.equal(handle.status.phase, 'loading');
    assert.equal(subscriptions.get('acme', {}), handle);
    mock.timers.tick(longMs);
    assert.equal(handle.status.phase, 'closed');
    assert.notEqual(subscriptions.get('acme', {}), handle);
  });

  it('goes on where another page keeps it in time', () => {
    const subscriptions = subscriptionsOf(client);
    subscriptions.retain('acme', {})();
    const handle = subscriptions.get('acme', {});
    mock.timers.tick(1_000);
    subscriptions.retain('acme', {});
    mock.timers.tick(longMs);
    assert.deepEqual([handle.status.phase, subscriptions.get('acme', {}) === handle], ['loading', true]);
  });

  it('ends by itself where it was asked for in a render that nothing came of', () => {
    const handle = subscriptionsOf(client).get('acme', {});
    mock.timers.tick(longMs);
    assert.equal(handle.status.phase, 'closed');
  });

  it('stays as it ended for those who retain it, and is followed anew by who comes after them', () => {
    const subscriptions = subscriptionsOf(client);
    const releases = subscriptions.retain('acme', {});
    const handle = subscriptions.get('acme', {});
    handle.close();
    assert.equal(subscriptions.get('acme', {}), handle);
    releases();
    assert.notEqual(subscriptions.get('acme', {}), handle);
  });
});
