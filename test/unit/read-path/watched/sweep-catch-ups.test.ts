import assert from 'node:assert/strict';
import type { BusStatus } from '../../../../server/src/bus/bus.ts';
import type { Head } from '../../../../server/src/database/records/read-log.ts';
import type { FeedDeps } from '../../../../server/src/read-path/feed/feed-deps.ts';
import type { CheckedHeads, HeadChecks } from '../../../../server/src/read-path/heads/head-checks.ts';
import { SweepCatchUps } from '../../../../server/src/read-path/watched/sweep-catch-ups.ts';
import type { Watch, WatchedOrganizations } from '../../../../server/src/read-path/watched/watched-organizations.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';
import { HandClock } from '../../../support/hand-clock.ts';

const head: Head = { orgId: '3', epoch: 'e', revision: 5, floorRevision: 0, chain: 'c' };
const changed: CheckedHeads = new Map([['3', { head, feedRevision: 0 }]]);

describe('the sweep of watched organizations', () => {
  let clock: HandClock;
  let open: Watch;
  let others: Watch[];
  let catchUp: () => Promise<void>;
  let checkedAgain: string[];
  let readHeads: () => Promise<CheckedHeads>;
  let feed: { head: Head; catchUpTo(): Promise<void> };
  let reads: number;
  let counters: Counters;
  let bus: { status: BusStatus };
  let swept: SweepCatchUps;

  beforeEach(() => {
    clock = new HandClock();
    catchUp = async () => {};
    checkedAgain = [];
    reads = 0;
    feed = {
      head: { ...head, revision: 4 },
      catchUpTo() {
        reads++;
        return catchUp();
      },
    };
    counters = new Counters();
    bus = { status: 'memory' };
    const opened = { feed } as unknown as Watch['opened'];
    open = { orgId: '3', organization: Promise.resolve(opened), opened, caughtUpAt: clock.now(), isBehind: false, isCatchingUp: false };
    others = [];
    const watches: Pick<WatchedOrganizations, 'all' | 'get'> = { all: () => [open, ...others], get: () => open };
    readHeads = async () => changed;
    const heads: Pick<HeadChecks, 'checkAgain' | 'read'> = {
      checkAgain: (orgId) => void checkedAgain.push(orgId),
      read: () => readHeads(),
    };
    const deps = { clock, counters, log: { warn() {} } } as unknown as FeedDeps;
    swept = new SweepCatchUps(deps, watches as WatchedOrganizations, heads as HeadChecks, bus);
  });

  it('[R2] counts no gap if the notice arrives within 25 ms after the sweep', async () => {
    bus.status = 'redis';
    swept.swept(changed, clock.now());
    await clock.pass(24);
    assert.equal(reads, 0, 'the log was read at once');
    feed.head = head;
    await clock.pass(1);
    assert.equal(counters.get('gapsFoundBySweep'), 0);
    assert.equal(open.isBehind, false);
  });

  it('[R2] counts a gap and reads the log if the notice does not arrive', async () => {
    bus.status = 'redis';
    swept.swept(changed, clock.now());
    await clock.pass(25);
    assert.equal(counters.get('gapsFoundBySweep'), 1);
    assert.equal(reads, 1);
  });

  for (const status of ['memory', 'redis-down'] as const) {
    it(`[R4] reads the log at once while the bus is "${status}", because no notice is under way`, () => {
      bus.status = status;
      swept.swept(changed, clock.now());
      assert.equal(reads, 1);
    });
  }

  it('[R2] checks a watched organization again that it could not bring up to a head, which lags until then', async () => {
    swept.swept(new Map(), clock.now());
    catchUp = async () => {
      throw new Error('connect ECONNREFUSED');
    };
    await clock.pass(250);
    swept.swept(changed, clock.now());
    await clock.pass(250);
    assert.deepEqual(checkedAgain, ['3']);
    assert.equal(swept.lagMs, 500);
    catchUp = async () => {};
    swept.swept(changed, clock.now());
    await clock.pass(100);
    assert.deepEqual(checkedAgain, ['3']);
    assert.equal(swept.lagMs, 100);
  });

  it('[R2] checks a watched organization again that still reads the log for an earlier sweep', async () => {
    catchUp = () => new Promise(() => {});
    swept.swept(changed, clock.now());
    assert.deepEqual(checkedAgain, []);
    swept.swept(changed, clock.now());
    assert.deepEqual(checkedAgain, ['3']);
  });

  it('[R2] brings all watched organizations up to their heads before it resolves, although the heads cannot be read at first', async () => {
    readHeads = async () => {
      throw new Error('connect ECONNREFUSED');
    };
    let hasResolved = false;
    const caughtUp = swept.catchUpAll().then(() => {
      hasResolved = true;
    });
    await clock.pass(100);
    assert.deepEqual([hasResolved, reads], [false, 0]);
    readHeads = async () => changed;
    while (reads === 0) await clock.pass(100);
    await caughtUp;
    assert.equal(open.isBehind, false);
  });

  it('[R2] gives up after some seconds if the heads cannot be read', async () => {
    let attempts = 0;
    readHeads = async () => {
      attempts++;
      throw new Error('connect ECONNREFUSED');
    };
    const caughtUp = swept.catchUpAll();
    for (let passed = 0; passed < 5_000; passed += 100) await clock.pass(100);
    await caughtUp;
    const before = attempts;
    await clock.pass(1_000);
    assert.equal(attempts, before, 'it still reads the heads');
  });

  it('[R2] reports no watched organization as lagging if it finds no change', async () => {
    await clock.pass(10_000);
    swept.swept(new Map(), clock.now());
    await clock.pass(100);
    assert.equal(swept.lagMs, 100);
  });

  it('[R11] reports that most watched organizations lag only if more than half of them do', async () => {
    catchUp = () => new Promise(() => {});
    swept.swept(changed, clock.now());
    await clock.pass(6_000);
    assert.equal(swept.mostLagBy(5_000), true, 'the only watched');
    others = [{ ...open, orgId: '4', caughtUpAt: clock.now(), isBehind: false }];
    assert.equal(swept.mostLagBy(5_000), false, 'one of two watched organizations');
    assert.ok(swept.lagMs >= 6_000);
    others = [...others, { ...open, orgId: '5' }];
    assert.equal(swept.mostLagBy(5_000), true, 'two of three watched organizations');
    assert.equal(swept.mostLagBy(7_000), false);
  });
});
