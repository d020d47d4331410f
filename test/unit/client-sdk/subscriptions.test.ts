import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { connect, type RollcallClient } from '@rollcall/client';
import { subscriptionsOf } from '../../../client-sdk/src/react/subscriptions.ts';

/** Longer than a handle is kept that is not retained. */
const longMs = 10_000;

describe('the subscriptions of components', () => {
  let client: RollcallClient;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    client = connect({ url: 'http://127.0.0.1:9', token: () => new Promise(() => {}) });
  });
  afterEach(() => {
    client.close();
    mock.timers.reset();
  });

  it('components share one handle, until some time after the last one released it', () => {
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

  it('a handle stays open if another page retains it in time', () => {
    const subscriptions = subscriptionsOf(client);
    subscriptions.retain('acme', {})();
    const handle = subscriptions.get('acme', {});
    mock.timers.tick(1_000);
    subscriptions.retain('acme', {});
    mock.timers.tick(longMs);
    assert.deepEqual([handle.status.phase, subscriptions.get('acme', {}) === handle], ['loading', true]);
  });

  it('a handle closes automatically if React discarded the render that requested it', () => {
    const handle = subscriptionsOf(client).get('acme', {});
    mock.timers.tick(longMs);
    assert.equal(handle.status.phase, 'closed');
  });

  it('components keep a handle whose access ended, and the next component gets a new one', () => {
    const subscriptions = subscriptionsOf(client);
    const releases = subscriptions.retain('acme', {});
    const handle = subscriptions.get('acme', {});
    handle.close();
    assert.equal(subscriptions.get('acme', {}), handle);
    releases();
    assert.notEqual(subscriptions.get('acme', {}), handle);
  });
});
