import assert from 'node:assert/strict';
import { messageAgeMsMax, ReplayGuard } from '../../../server/src/bus/replay-guard.ts';

describe('the replay guard', () => {
  let guard: ReplayGuard;
  const accept = (number: number, at: number, now = at, topic = 'presence:1', sender = 'a') =>
    guard.accept({ sender, topic, number, at }, now);

  beforeEach(() => {
    guard = new ReplayGuard();
  });

  it('[H-18] accepts each message once, in order, on each topic', () => {
    assert.deepEqual([accept(1, 0), accept(1, 0), accept(3, 10), accept(2, 5), accept(4, 20)], [true, false, true, false, true]);
    assert.equal(accept(2, 5, 20, 'presence:2'), true, 'another topic of a Cluster may be late');
    assert.equal(accept(1, 20, 20, 'presence:1', 'b'), true, 'another sender counts for itself');
  });

  it('[H-18] accepts messages for as long as two clocks may differ', () => {
    assert.equal(accept(1, 0, messageAgeMsMax), true);
    assert.equal(accept(1, 0, messageAgeMsMax + 1, 'presence:2', 'b'), false);
    assert.equal(accept(1, 2 * messageAgeMsMax + 1, messageAgeMsMax, 'presence:1', 'c'), false);
  });

  it('[H-18] drops messages on a topic without a subscription if they were queued for seconds', () => {
    accept(8, 5_000, 5_000, 'instances');
    assert.equal(accept(7, 2_000, 5_000, 'presence:2'), false);
  });

  it('[H-18] does not accept a message again after it was forgotten', () => {
    accept(1, 0);
    const later = messageAgeMsMax + 1;
    assert.equal(accept(1, later, later, 'presence:2', 'b'), true);
    assert.equal(accept(1, 0, later), false);
  });
});
