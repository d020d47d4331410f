import assert from 'node:assert/strict';
import { RequestedAudiences } from '../../../../server/src/read-path/subscriptions/requested-audiences.ts';
import type { Subscription } from '../../../../server/src/read-path/subscriptions/subscription.ts';

const toAudience = (key: number, owner = 'one') => ({ owner, audience: { key: String(key) } }) as unknown as Subscription;

describe('the audiences that subscribers request', () => {
  it('[R7] have a limit of 16 for each owner, regardless of the number of subscriptions to each', () => {
    const requested = new RequestedAudiences();
    const subscriptions = Array.from({ length: 16 }, (_, key) => toAudience(key));
    for (const subscription of subscriptions) assert.ok(requested.add(subscription));
    const again = toAudience(0);
    assert.ok(requested.add(again));
    assert.equal(requested.add(toAudience(16)), false);
    assert.ok(requested.add(toAudience(16, 'another')));
    assert.ok(requested.add(toAudience(16)), 'it exists already');

    requested.remove(subscriptions[0]!);
    requested.remove(subscriptions[1]!);
    requested.remove(subscriptions[1]!);
    assert.equal(requested.add(toAudience(17)), false);
    requested.remove(again);
    assert.ok(requested.add(toAudience(17)));
  });

  it('[R7] have a limit of 64 for all owners together', () => {
    const requested = new RequestedAudiences();
    const subscriptions = Array.from({ length: 64 }, (_, index) => toAudience(index, `owner ${index % 8}`));
    for (const subscription of subscriptions) assert.ok(requested.add(subscription));
    assert.equal(requested.add(toAudience(64, 'another')), false);
    assert.ok(requested.add(toAudience(63, 'another')));
    for (const subscription of subscriptions) requested.remove(subscription);
    for (let key = 100; key < 115; key++) assert.ok(requested.add(toAudience(key, 'another')));
  });
});
