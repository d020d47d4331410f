import assert from 'node:assert/strict';
import { type Bus, type ReceiptMessage, receiptsTopicOf } from '../../../server/src/bus/bus.ts';
import { openMemoryBus } from '../../../server/src/bus/bus-memory.ts';
import type { LiveInstance } from '../../../server/src/receipts/instance-registry.ts';
import { Receipts } from '../../../server/src/receipts/receipts.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { Metrics } from '../../../server/src/runtime/metrics/metrics.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { limitsWith } from '../../support/limits.ts';

describe('a receipt', () => {
  let clock: HandClock;
  let bus: Bus;
  let live: LiveInstance[];
  let opened: Receipts[];
  let applied: Map<string, number>;
  /** The instances that read a revision, once per read. */
  let reads: string[];
  let readable: Promise<void>;
  beforeEach(() => {
    clock = new HandClock();
    // A process receives its own messages here, as two processes do over Redis.
    bus = openMemoryBus();
    live = [];
    opened = [];
    applied = new Map();
    reads = [];
    readable = Promise.resolve();
  });
  afterEach(() => Promise.all(opened.map((one) => one.close())));

  interface Options {
    readonly over?: Bus;
    readonly isRegistered?: boolean;
    readonly limits?: Parameters<typeof limitsWith>[0];
  }

  async function open(name: string, { over = bus, isRegistered = true, limits = {} }: Options = {}): Promise<Receipts> {
    if (isRegistered) live.push({ id: name, name });
    const receipts = await Receipts.open({
      bus: over,
      clock,
      log: createLog('silent'),
      metrics: new Metrics(new Counters()),
      limits: limitsWith(limits),
      self: name,
      registry: { read: async () => [...live], close: async () => {} },
      readEnded: async ({ last }) => {
        reads.push(name);
        await readable;
        return (applied.get(name) ?? 0) >= last ? 3 : null;
      },
    });
    opened.push(receipts);
    return receipts;
  }

  const ranges = [{ orgId: '1', first: 7, last: 7, chain: 'c7' }];
  const wait = (receipts: Receipts, signal = new AbortController().signal, owner = 'user:1') =>
    receipts.wait({ ranges, waitMs: 1_000, owner, signal });

  async function turns(count = 10): Promise<void> {
    for (let turn = 0; turn < count; turn++) await clock.turn();
  }

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      await clock.pass(100);
      await turns();
    }
  }

  it('waits until every instance has applied the revision, this one included', async () => {
    const asker = await open('a');
    await open('b');
    applied.set('b', 7);
    const receipt = wait(asker);
    await pass(300);
    applied.set('a', 8);
    await pass(200);
    const { ms, ...counts } = (await receipt)!;
    assert.deepEqual(counts, { isComplete: true, instances: 2, missing: 0, ended: 6 });
    assert.ok(ms >= 300 && ms <= 500, `it took ${ms} ms`);
  });

  it('stays incomplete at the end of the wait if an instance has not reported', async () => {
    const asker = await open('a');
    await open('b');
    applied.set('a', 7);
    const receipt = wait(asker);
    await pass(1_000);
    assert.deepEqual(await receipt, { isComplete: false, instances: 1, missing: 1, ended: 3, ms: 1_000 });
  });

  it('becomes complete although messages are lost, because questions are repeated', async () => {
    let sent = 0;
    const losing: Bus = {
      ...bus,
      broadcast: async (topic, message) => ([1, 2, 4].includes(++sent) ? undefined : bus.broadcast(topic, message)),
    };
    const asker = await open('a', { over: losing });
    await open('b', { over: losing });
    applied.set('a', 7).set('b', 7);
    const receipt = wait(asker);
    await pass(900);
    assert.equal((await receipt)!.isComplete, true);
    assert.equal(sent, 6);
  });

  it('has one read at a time per instance, although questions are repeated', async () => {
    const asker = await open('a');
    await open('b');
    applied.set('a', 7).set('b', 7);
    let respond = () => {};
    readable = new Promise((resolve) => {
      respond = resolve;
    });
    const receipt = wait(asker);
    await pass(500);
    assert.deepEqual(reads.toSorted(), ['a', 'b']);
    respond();
    await pass(200);
    assert.equal((await receipt)!.isComplete, true);
  });

  it('doesn’t wait for an instance that is no longer registered as live', async () => {
    const asker = await open('a');
    await open('b');
    applied.set('a', 7);
    const receipt = wait(asker);
    await pass(200);
    live = live.filter(({ id }) => id !== 'b');
    await pass(200);
    assert.deepEqual({ ...(await receipt), ms: 0 }, { isComplete: true, instances: 1, missing: 0, ended: 3, ms: 0 });
  });

  it('ignores reports of an instance that is not registered', async () => {
    const asker = await open('a');
    await open('b');
    applied.set('a', 7);
    const receipt = wait(asker);
    await turns();
    const forged: ReceiptMessage = { type: 'receipts', instance: 'x', questions: [], reports: [{ id: 1, ended: 99 }] };
    await bus.broadcast(receiptsTopicOf('a'), forged);
    await pass(1_000);
    assert.deepEqual(await receipt, { isComplete: false, instances: 1, missing: 1, ended: 3, ms: 1_000 });
  });

  it('stays incomplete while the live instances cannot be read', async () => {
    const asker = await open('a');
    applied.set('a', 7);
    live = new Proxy(live, { get: () => assert.fail('the database is unreachable') });
    const receipt = wait(asker);
    await pass(1_000);
    assert.deepEqual(await receipt, { isComplete: false, instances: 0, missing: 1, ended: 0, ms: 1_000 });
  });

  it('ends early when the caller is gone or the server stops', async () => {
    const asker = await open('a');
    const gone = new AbortController();
    const receipts = [wait(asker, gone.signal), wait(asker)];
    await pass(200);
    gone.abort();
    assert.equal((await receipts[0])!.ms, 200);
    asker.drain();
    assert.equal((await receipts[1])!.isComplete, false);
    assert.equal((await wait(asker))!.ms, 0);
  });

  it('does not wait beyond the limits, per caller and in total', async () => {
    const asker = await open('a', { limits: { receiptsWaiting: 3, receiptsWaitingPerCaller: 2 } });
    const signal = new AbortController().signal;
    const waiting = [wait(asker), wait(asker)];
    assert.equal(await wait(asker), null);
    waiting.push(wait(asker, signal, 'user:2'));
    assert.equal(await wait(asker, signal, 'user:3'), null);
    asker.drain();
    await Promise.all(waiting);
    assert.equal((await wait(asker))!.isComplete, false);
  });

  it('shares messages with many others, which fit the bus', async () => {
    const asker = await open('a', { limits: { receiptsWaitingPerCaller: 1_000 } });
    await open('b');
    const [orgId, revision] = ['9'.repeat(19), 1_999_999_999];
    const long = [{ orgId, first: revision, last: revision, chain: 'f'.repeat(16) }];
    applied.set('a', revision).set('b', revision);
    const sizes: number[] = [];
    const broadcast = bus.broadcast;
    bus.broadcast = (topic, message) => {
      sizes.push(JSON.stringify(message).length);
      return broadcast(topic, message);
    };
    const { signal } = new AbortController();
    const receipts = Array.from({ length: 1_000 }, () => asker.wait({ ranges: long, waitMs: 1_000, owner: 'user:1', signal }));
    await pass(200);
    assert.ok((await Promise.all(receipts)).every((receipt) => receipt!.isComplete));
    assert.ok(Math.max(...sizes) < 15_000 && sizes.length <= 30, `${sizes}`);
  });
});
