import assert from 'node:assert/strict';
import type { HeadsReading } from '../../../../server/src/database/records/read-changed-heads.ts';
import type { Head } from '../../../../server/src/database/records/read-log.ts';
import type { LogReader } from '../../../../server/src/read-path/feed/log-reader.ts';
import { ChangedHeads } from '../../../../server/src/read-path/heads/changed-heads.ts';

const orgIds = Array.from({ length: 1_000 }, (_, index) => String(index + 1));
const head = (orgId: string) => ({ orgId, epoch: 'e', revision: 7, floorRevision: 0, chain: 'c' });

describe('the query for changed heads', () => {
  let looks: { readonly since: string | null; readonly orgIds: readonly string[] }[];
  let answer: () => Omit<HeadsReading, 'heads'> & { readonly heads: readonly Head[] };
  let changed: ChangedHeads;

  beforeEach(() => {
    looks = [];
    answer = () => ({ database: 'one', snapshot: '20:20:', heads: [] });
    const reader: Pick<LogReader, 'readChangedHeads'> = {
      async readChangedHeads(since, ids) {
        looks.push({ since, orgIds: ids });
        const { heads, ...reading } = answer();
        return { ...reading, heads: new Map([...ids.map((id) => [id, null] as const), ...heads.map((one) => [one.orgId, one] as const)]) };
      },
    };
    changed = new ChangedHeads(reader as LogReader, { orgIds: () => orgIds, revisionOf: (orgId) => Number(orgId) });
  });

  /** Leaves out the few organizations that each reading reads in turn. */
  const isFull = ({ since, orgIds: read }: (typeof looks)[number]) => since === null && read.length === orgIds.length;

  it('[R2] reads what changed since the previous query', async () => {
    await changed.read([], 0);
    answer = () => ({ database: 'one', snapshot: '20:25:20,22', heads: [head('2000')] });
    const heads = await changed.read(['4'], 250);
    assert.deepEqual(looks.map(isFull), [true, false]);
    assert.equal(looks[1]!.since, '20:20:');
    assert.ok(looks[1]!.orgIds.includes('4') && looks[1]!.orgIds.length < 20);
    assert.deepEqual(heads.get('2000'), { head: head('2000'), feedRevision: 0 });
    assert.deepEqual(heads.get('4'), { head: null, feedRevision: 4 });
    await changed.read([], 500);
    assert.equal(looks[2]!.since, '20:25:20,22');
  });

  const interruptions: readonly (readonly [string, typeof answer])[] = [
    ['another database responds', () => ({ database: 'two', snapshot: '90:90:', heads: [] })],
    ['the ids of transactions went back', () => ({ database: 'one', snapshot: '19:30:19', heads: [] })],
  ];
  for (const [what, other] of interruptions) {
    it(`[R2] reads all heads at once if ${what}`, async () => {
      await changed.read([], 0);
      answer = other;
      assert.equal((await changed.read([], 250)).size, orgIds.length);
      assert.deepEqual(looks.map(isFull), [true, false, true]);
      await changed.read([], 500);
      assert.deepEqual(looks.map(isFull), [true, false, true, false]);
    });
  }

  it('[R2] reads all heads as long as a standby responds, and once more after its promotion', async () => {
    answer = () => ({ database: null, snapshot: '20:25:', heads: [] });
    for (const now of [0, 250]) await changed.read([], now);
    answer = () => ({ database: 'one', snapshot: '20:30:', heads: [] });
    for (const now of [500, 750]) await changed.read([], now);
    assert.deepEqual(looks.map(isFull), [true, true, true, false]);
  });

  it('[R2] reads all heads after a failed query', async () => {
    await changed.read([], 0);
    answer = () => {
      throw new Error('connect ECONNREFUSED');
    };
    await assert.rejects(changed.read([], 250), /ECONNREFUSED/);
    answer = () => ({ database: 'one', snapshot: '20:20:', heads: [] });
    await changed.read([], 500);
    assert.deepEqual(looks.map(isFull), [true, false, true]);
  });

  it('[R2] reads each head once a minute, also if the database reports no change', async () => {
    await changed.read([], 0);
    for (let now = 250; now < 60_000; now += 250) await changed.read([], now);
    const read = looks.slice(1).flatMap(({ orgIds: ids }) => ids);
    assert.deepEqual(read.toSorted(), orgIds.toSorted());
    await changed.read([], 60_250);
    assert.ok(looks.at(-1)!.orgIds.length > 0, 'no second round');
  });
});
