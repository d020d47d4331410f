import assert from 'node:assert/strict';
import { type Clock, systemClock } from '../../../../server/src/runtime/clock.ts';
import { SharedReads } from '../../../../server/src/runtime/tasks/shared-reads.ts';

describe('shared reads', () => {
  it('[R10] [F1] serve all concurrent callers with one more read, which begins after the last call', async () => {
    const reads: string[][] = [];
    const shared = new SharedReads(systemClock, async (keys: readonly string[]) => {
      reads.push([...keys]);
      await new Promise((resolve) => setImmediate(resolve));
      return new Map(keys.map((key) => [key, reads.length]));
    });
    const first = shared.read(['a']);
    await new Promise((resolve) => setImmediate(resolve));
    const others = await Promise.all(['b', 'c', 'a'].map((key) => shared.read([key])));
    assert.equal((await first).get('a'), 1);
    assert.deepEqual(reads, [['a'], ['b', 'c', 'a']]);
    assert.equal(others[2]!.get('a'), 2, 'the result comes from a read that began before the call');
  });

  it('[R12] fail while the database is down, and work again once it is up', async () => {
    let isGone = true;
    const shared = new SharedReads(systemClock, async (keys: readonly string[]) => {
      if (isGone) throw new Error('gone');
      return new Map(keys.map((key) => [key, true]));
    });
    await assert.rejects(shared.read(['a']), /gone/);
    isGone = false;
    assert.equal((await shared.read(['a'])).get('a'), true);
  });

  it('[R10] wait longer during a reconnect burst, which then causes ten reads per second', async () => {
    const time = new ManualClock();
    let reads = 0;
    const shared = new SharedReads(time, async () => {
      reads++;
      return new Map();
    });
    const answered: Promise<unknown>[] = [];
    // 1,000 callers a second for three seconds.
    for (let ms = 0; ms < 3_000; ms++) {
      answered.push(shared.read(['a']));
      await time.pass(1);
    }
    await time.pass(1_000);
    await Promise.all(answered);
    assert.ok(reads <= 35, `${reads} reads`);

    // The next callers may wait, because it is not yet known that the burst is over.
    for (let second = 0; second < 2; second++) {
      const next = shared.read(['a']);
      await time.pass(1_000);
      await next;
    }
    const before = reads;
    // Afterwards one caller every 10 ms, which is not a burst. Each is served at once.
    for (let caller = 0; caller < 10; caller++) {
      await time.pass(10);
      await shared.read(['a']);
    }
    assert.equal(reads, before + 10);
  });

  it('[R10] wait between reconnect bursts, so that scheduled reads serve each burst', async () => {
    const time = new ManualClock();
    let reads = 0;
    const shared = new SharedReads(time, async () => {
      reads++;
      return new Map();
    });
    const answered: Promise<unknown>[] = [];
    const sweeps = 20;
    // 700 callers at once every 1,000 ms, and a sweep every 250 ms in between.
    for (let ms = 1; ms <= sweeps * 250; ms++) {
      if (ms % 1_000 === 100) for (let caller = 0; caller < 700; caller++) answered.push(shared.read(['a']));
      if (ms % 250 === 0) shared.beginNow();
      await time.pass(1);
    }
    await time.pass(1_000);
    await Promise.all(answered);
    assert.ok(reads <= sweeps + 3, `${reads} reads`);
  });

  it('[R10] wait less and less while a busy machine admits a reconnect burst slowly', async () => {
    const time = new ManualClock();
    let reads = 0;
    const shared = new SharedReads(time, async () => {
      reads++;
      return new Map();
    });
    // 1,000 callers a second for two seconds, then 250 for three and a half more.
    for (let ms = 0; ms < 5_500; ms++) {
      if (ms < 2_000 || ms % 4 === 0) shared.read(['a']).catch(() => {});
      await time.pass(1);
      if (ms === 1_999) reads = 0;
    }
    // The longest waits would result in 35 reads, and no waits in 875.
    assert.ok(reads >= 50 && reads <= 300, `${reads} reads`);
  });

  it('[R10] begin immediately on request, if callers wait', async () => {
    const time = new ManualClock();
    const reads: string[][] = [];
    const shared = new SharedReads(time, async (keys: readonly string[]) => {
      reads.push([...keys]);
      return new Map();
    });
    await shared.read(['first']);
    const waiting = shared.read(['waits']);
    await time.pass(1);
    assert.equal(reads.length, 1);
    shared.beginNow();
    await waiting;
    shared.beginNow();
    await time.pass(1);
    assert.deepEqual(reads, [['first'], ['waits']]);
  });
});

/** A clock that the test advances. */
class ManualClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  afterTurn(run: () => void): void {
    setImmediate(run);
  }

  async pass(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { run } of due) run();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
