import assert from 'node:assert/strict';
import { openClock } from '../../../client-sdk/src/clock.ts';
import { Lease, Pings } from '../../../client-sdk/src/freshness.ts';
import { backoffMs, msWithin, reconnectMs, reconnectMsMax, restartMsMax } from '../../../client-sdk/src/reconnect-delay.ts';

describe('freshness', () => {
  it('[F1] the lease counts from the time at which the ping was sent', () => {
    const lease = new Lease(5_000);
    lease.prove(1_000);
    assert.ok(lease.isFresh(6_000));
    assert.ok(!lease.isFresh(6_001));
    assert.equal(lease.ageMs(4_000), 3_000);
  });

  it('[F1] a late pong for an earlier ping does not shorten the lease', () => {
    const lease = new Lease(5_000);
    lease.prove(3_000);
    lease.prove(1_000);
    assert.equal(lease.ageMs(4_000), 1_000);
  });

  it('[F2] a replica is not fresh before the first proof, nor after a suspected gap', () => {
    const lease = new Lease(5_000);
    assert.ok(!lease.isFresh(0));
    lease.prove(0);
    lease.forget(0);
    assert.ok(!lease.isFresh(0));
  });

  it('[F2] the time of staleness counts from the end of the lease, or from an earlier suspected gap', () => {
    const lease = new Lease(5_000);
    assert.equal(lease.staleMs(9_000), null);
    lease.prove(1_000);
    assert.equal(lease.staleMs(6_000), null);
    assert.equal(lease.staleMs(7_000), 1_000);
    lease.forget(8_000);
    assert.equal(lease.staleMs(9_000), 3_000);
    lease.prove(9_000);
    lease.forget(9_500);
    assert.equal(lease.staleMs(10_000), 500);
  });

  it('[F1] a pong is accepted only for a ping of the same connection, and so is a late one', () => {
    const pings = new Pings();
    const nonce = pings.send(17);
    assert.equal(pings.receive('forged'), null);
    assert.equal(pings.receive(nonce), 17);
    assert.equal(pings.receive(nonce), 17);
    const inPieces = pings.send(18);
    for (const isLast of [false, false, true]) assert.equal(pings.receive(inPieces, isLast), 18);
    assert.equal(pings.receive(inPieces, false), 18);
    const lost = pings.send(18);
    pings.forgetAll();
    assert.equal(pings.receive(lost), null);
  });

  it('[F1] one ping waits for its pong at a time, but not forever', () => {
    const pings = new Pings();
    assert.ok(!pings.isWaiting(0));
    const nonce = pings.send(0);
    assert.ok(pings.isWaiting(999));
    assert.ok(!pings.isWaiting(1_000));
    pings.receive(nonce);
    assert.ok(!pings.isWaiting(1));
  });

  it('[F2] the number of pings without a pong is bounded', () => {
    const pings = new Pings();
    const first = pings.send(0);
    for (let i = 1; i <= 100; i++) pings.send(i);
    assert.equal(pings.receive(first), null);
  });
});

describe('clock', () => {
  function openTestClock() {
    const time = { monotonic: 0, wall: 1_000_000 };
    const clock = openClock(
      () => time.monotonic,
      () => time.wall,
    );
    return { time, clock };
  }

  it('[F2] the clock counts the time during which the machine slept and the monotonic clock did not advance', () => {
    const { time, clock } = openTestClock();
    time.monotonic += 100;
    time.wall += 3_600_100;
    assert.equal(clock(), 3_600_100);
  });

  it('the clock never goes back, even if the wall clock is set back', () => {
    const { time, clock } = openTestClock();
    time.monotonic += 100;
    time.wall -= 3_600_000;
    assert.equal(clock(), 100);
    time.monotonic += 100;
    time.wall += 100;
    assert.equal(clock(), 200);
  });

  it('the clock is not affected by a wall clock that is adjusted gradually', () => {
    const { time, clock } = openTestClock();
    time.monotonic += 10_000;
    time.wall += 10_050;
    assert.equal(clock(), 10_000);
  });
});

describe('reconnecting', () => {
  it('[R10] the delay is random within a range that doubles up to a maximum', () => {
    assert.equal(
      backoffMs(0, () => 0),
      0,
    );
    assert.equal(
      backoffMs(0, () => 1),
      500,
    );
    assert.equal(
      backoffMs(3, () => 1),
      4_000,
    );
    assert.equal(
      backoffMs(1_000, () => 1),
      reconnectMsMax,
    );
  });

  it('[H-38] the client retries at least every two seconds during a short outage, and less often later', () => {
    const bounds = Array.from({ length: 40 }, (_, attempt) => reconnectMs(attempt, () => 1));
    assert.deepEqual(bounds.slice(0, 3), [500, 1_000, 2_000]);
    assert.ok(bounds.slice(0, 32).every((bound) => bound <= restartMsMax));
    assert.deepEqual(bounds.slice(31, 36), [2_000, 4_000, 8_000, 16_000, reconnectMsMax]);
    assert.equal(
      reconnectMs(20, () => 0),
      0,
    );
  });

  it('[R10] the client reconnects within the range that the server requested', () => {
    assert.equal(
      msWithin([1_000, 5_000], () => 0),
      1_000,
    );
    assert.equal(
      msWithin([1_000, 5_000], () => 1),
      5_000,
    );
  });
});
