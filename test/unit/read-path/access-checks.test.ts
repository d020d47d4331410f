import assert from 'node:assert/strict';
import type { Viewer } from '../../../server/src/domain/evaluate-access.ts';
import { AccessChecks } from '../../../server/src/read-path/access-checks.ts';
import type { FeedDeps } from '../../../server/src/read-path/feed/feed-deps.ts';
import type { LogReader } from '../../../server/src/read-path/feed/log-reader.ts';
import { HandClock } from '../../support/hand-clock.ts';

const waiting = 5;

describe('access checks without a feed', () => {
  let clock: HandClock;
  /** The reads in progress. Each ends with no access. */
  let reads: { deny(): void; fail(error: Error): void }[];
  let hasFeed: boolean;
  let checks: AccessChecks;

  beforeEach(() => {
    clock = new HandClock();
    reads = [];
    hasFeed = false;
    const reader: Pick<LogReader, 'readCallerState'> = {
      readCallerState: () => new Promise((resolve, reject) => reads.push({ deny: () => resolve(null), fail: reject })),
    };
    checks = new AccessChecks({ clock, reader } as unknown as FeedDeps);
  });

  /** Runs everything up to the next reads. */
  const settle = async () => {
    await clock.turn();
    await clock.turn();
  };
  const check = () => checks.mayAccess('3', { userId: '7' } as Viewer, () => hasFeed);
  const checkMany = () => Promise.all(Array.from({ length: waiting }, check));

  it('[R10] wait for one other check at most, and then run together', async () => {
    const first = check();
    const others = checkMany();
    await settle();
    assert.equal(reads.length, 1, 'a viewer does not wait for the first check');
    reads[0]!.deny();
    assert.equal(await first, false);
    await settle();
    assert.equal(reads.length, 1 + waiting, 'viewers wait for each other');
    for (const { deny } of reads) deny();
    assert.deepEqual(await others, Array(waiting).fill(false));
  });

  it('[R10] read nothing more if the checked viewer opens the feed', async () => {
    const opened = check().then(async () => {
      for (let step = 0; step < 10; step++) await null;
      hasFeed = true;
    });
    const others = checkMany();
    reads[0]!.deny();
    await opened;
    await settle();
    assert.equal(reads.length, 1);
    assert.deepEqual(await others, Array(waiting).fill(true));
  });

  it('[R12] run themselves if the first one fails', async () => {
    const first = check();
    const others = checkMany();
    reads[0]!.fail(new Error('connect ECONNREFUSED'));
    await assert.rejects(first, /ECONNREFUSED/);
    await settle();
    assert.equal(reads.length, 1 + waiting);
    for (const { deny } of reads) deny();
    assert.deepEqual(await others, Array(waiting).fill(false));
  });
});
