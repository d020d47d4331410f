import assert from 'node:assert/strict';
import { EarlyNotices } from '../../../../server/src/read-path/feed/early-notices.ts';
import { HandClock } from '../../../support/hand-clock.ts';

describe('early notices', () => {
  const notice = (revision: number) => ({
    orgId: '1',
    revision,
    chain: '',
    entry: { orgId: '1', revision, command: '', actor: '', requestId: null, changes: [] },
  });

  it('[R1] cause a read of the log up to the last of them if those in between do not arrive within 25 ms', async () => {
    const clock = new HandClock();
    const requested: number[] = [];
    const early = new EarlyNotices(clock, (revision) => requested.push(revision));
    early.hold(notice(5));
    await clock.pass(20);
    early.hold(notice(7));
    await clock.pass(4);
    assert.deepEqual(requested, []);
    await clock.pass(1);
    assert.deepEqual(requested, [7]);
    assert.equal(early.take(5), null);
  });

  it('[R1] cause no read once all of them were applied', async () => {
    const clock = new HandClock();
    const requested: number[] = [];
    const early = new EarlyNotices(clock, (revision) => requested.push(revision));
    early.hold(notice(5));
    assert.equal(early.take(4), null);
    assert.equal(early.take(5)!.revision, 5);
    await clock.pass(100);
    assert.deepEqual(requested, []);
  });
});
