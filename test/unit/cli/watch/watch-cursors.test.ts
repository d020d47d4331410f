import assert from 'node:assert/strict';
import { WatchCursors } from '../../../../server/src/cli/watch/watch-cursors.ts';

describe('the cursors of a watch', () => {
  it('continue the only organization after a cursor without a name', () => {
    assert.equal(new WatchCursors(['Y3Vyc29y'], ['acme']).of('acme'), 'Y3Vyc29y');
  });

  it('continue each organization after its own cursor, and begin the others at the current state', () => {
    const cursors = new WatchCursors(['acme=Y3Vyc29y', 'beta=floor'], ['acme', 'beta', 'gamma']);
    assert.deepEqual(
      ['acme', 'beta', 'gamma'].map((org) => cursors.of(org)),
      ['Y3Vyc29y', 'floor', null],
    );
  });

  it('begin every other organization at the floor', () => {
    const cursors = new WatchCursors(['floor', 'acme=Y3Vyc29y'], null);
    assert.deepEqual([cursors.of('acme'), cursors.of('beta')], ['Y3Vyc29y', 'floor']);
  });

  it('refuse a cursor whose organization is not clear', () => {
    for (const orgs of [['acme', 'beta'], null])
      assert.throws(() => new WatchCursors(['Y3Vyc29y'], orgs), /names no organization\. Use --after <org>=<cursor>/);
  });

  it('refuse a cursor of an organization that is not watched', () => {
    assert.throws(() => new WatchCursors(['beta=floor'], ['acme']), /--after beta=… names an organization that is not watched/);
    assert.throws(() => new WatchCursors(['beta=floor'], null).assertNamed(['1', 'acme']), /beta=… names an organization/);
  });
});
