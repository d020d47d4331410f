import assert from 'node:assert/strict';
import type { Audience } from '../../../../protocol/src/index.ts';
import type { SubscribedGroup } from '../../../../server/src/read-path/subscriptions/subscription-state.ts';
import { aGroup, aSink, aSubscription } from '../subscriptions.ts';

const audience: Audience = { key: 'members', sees: new Set(), hidesEmails: false };
const checksum = { count: 2, sum: 7 };

describe('the position of a subscription', () => {
  /** A subscription whose client has `revision`, in a group to which all up to 5 was sent. */
  function positionAt(revision: number, group: Partial<SubscribedGroup> = {}) {
    const subscription = aSubscription(
      '1',
      '2',
      audience,
      aSink(() => {}),
    );
    subscription.handle({ type: 'joined', group: { ...aGroup(audience), flushed: 5, cursor: 'at 5', checksum, ...group }, revision });
    assert.equal(subscription.phase, 'live');
    return subscription.position;
  }

  it('[F3] equals that of its group', () => {
    assert.deepEqual(positionAt(5), { revision: 5, cursor: 'at 5', ...checksum });
    // The revisions in between contained nothing visible.
    assert.deepEqual(positionAt(3), { revision: 5, cursor: 'at 5', ...checksum });
  });

  it('[F3] stays unknown while the client is ahead of its group', () => {
    assert.equal(positionAt(6), null);
  });

  it('[F3] stays unknown without a checksum, and while the client lacks a step that is being sent', () => {
    assert.equal(positionAt(5, { checksum: null }), null);
    assert.equal(positionAt(4, { sendingUpTo: 5 }), null);
  });
});
