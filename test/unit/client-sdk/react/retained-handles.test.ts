import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { connect, type RollcallClient } from '@rollcall/client';
import { TestRollcall } from '@rollcall/client/testing';
import { retainedHandlesOf } from '../../../../client-sdk/src/react/retained-handles.ts';

/** A time longer than the one for which a handle that is not retained stays open. */
const longMs = 10_000;

describe('the handles of components', () => {
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
    const handles = retainedHandlesOf(client);
    const releases = [handles.retain('acme', {}), handles.retain('acme', {})];
    const handle = handles.get('acme', {});
    for (const release of releases) {
      mock.timers.tick(longMs);
      assert.equal(handle.status.phase, 'loading');
      release();
      release();
    }
    assert.equal(handle.status.phase, 'loading');
    assert.equal(handles.get('acme', {}), handle);
    mock.timers.tick(longMs);
    assert.equal(handle.status.phase, 'closed');
    assert.notEqual(handles.get('acme', {}), handle);
  });

  it('a handle stays open if another page retains it in time', () => {
    const handles = retainedHandlesOf(client);
    handles.retain('acme', {})();
    const handle = handles.get('acme', {});
    mock.timers.tick(1_000);
    handles.retain('acme', {});
    mock.timers.tick(longMs);
    assert.deepEqual([handle.status.phase, handles.get('acme', {}) === handle], ['loading', true]);
  });

  it('a handle closes automatically if React discarded the render that requested it', () => {
    const handle = retainedHandlesOf(client).get('acme', {});
    mock.timers.tick(longMs);
    assert.equal(handle.status.phase, 'closed');
  });

  it('components keep a handle whose access ended, and the next component gets a new one', () => {
    const handles = retainedHandlesOf(client);
    const releases = handles.retain('acme', {});
    const handle = handles.get('acme', {});
    handle.close();
    assert.equal(handles.get('acme', {}), handle);
    releases();
    assert.notEqual(handles.get('acme', {}), handle);
  });

  it('components keep a handle whose organization was renamed, and the next component gets a new one', async () => {
    const rollcall = new TestRollcall();
    const organization = rollcall.addOrganization({ slug: 'acme' });
    const handles = retainedHandlesOf(rollcall.client);
    const release = handles.retain('acme', {});
    const handle = handles.get('acme', {});
    await handle.ready();
    organization.update({ slug: 'former' });
    rollcall.addOrganization({ slug: 'acme' });
    assert.equal(handles.get('acme', {}), handle);
    release();
    const next = handles.get('acme', {});
    assert.notEqual(next, handle);
    assert.equal(handles.get('acme', {}), next);
    handles.retain('acme', {});
    mock.timers.tick(longMs);
    assert.deepEqual([handle.status.phase, next.status.phase], ['closed', 'loading']);
    rollcall.client.close();
  });

  it('components on a closed client share one ended handle', () => {
    client.close();
    const handles = retainedHandlesOf(client);
    const handle = handles.get('acme', {});
    assert.equal(handles.get('acme', {}), handle);
    const release = handles.retain('acme', {});
    assert.deepEqual([handles.get('acme', {}) === handle, handle.status.phase, handle.status.reason], [true, 'closed', 'closed']);
    release();
    assert.equal(handles.get('acme', {}), handle);
  });

  it('a component with other options gets a new handle once the mounted ones have released theirs', () => {
    const handles = retainedHandlesOf(client);
    const members = { collections: ['members'] } as const;
    const release = handles.retain('acme', members);
    const handle = handles.get('acme', members);
    assert.equal(handles.get('acme', {}), handle);
    release();
    assert.equal(handles.get('acme', { collections: ['members'] }), handle);
    const next = handles.get('acme', {});
    assert.deepEqual([handle.status.phase, next.status.phase, next.subscription.collections], ['closed', 'loading', null]);
    assert.equal(handles.get('acme', {}), next);
  });

  it('components with other options that are not mounted yet share a handle, so that they do not close it in turn', () => {
    const handles = retainedHandlesOf(client);
    const handle = handles.get('acme', {});
    void handles.arrivalOf('acme', {});
    assert.equal(handles.get('acme', { whenStale: 'fail-closed' }), handle);
    assert.equal(handles.get('acme', {}), handle);
  });
});
