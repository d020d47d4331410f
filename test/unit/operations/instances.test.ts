import assert from 'node:assert/strict';
import type { InstanceIdentity, InstanceSample } from '../../../protocol/src/index.ts';
import { type Bus, instancesTopic } from '../../../server/src/bus/bus.ts';
import { openMemoryBus } from '../../../server/src/bus/bus-memory.ts';
import { historySecondsMax, Instances } from '../../../server/src/operations/instances.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { HandClock } from '../../support/hand-clock.ts';

const sampleMs = 2_000;
const silenceMsMax = 10_000;

function anIdentity(name: string): InstanceIdentity {
  return { id: `id-of-${name}`, name, version: '1.2.3', startedAt: '2026-01-01T00:00:00.000Z' };
}

function aSample(at: number): InstanceSample {
  return {
    at,
    intervalMs: sampleMs,
    sockets: 1,
    subscriptions: 1,
    deliveriesPerSecond: 0,
    deliveryMs: null,
    endToCloseMs: null,
    loopDelayMs: { p50: 0, p99: 0 },
    resyncs: {},
    gaps: 0,
    staleReplicas: 0,
    bus: 'redis',
    pool: { total: 1, idle: 1, waiting: 0 },
  };
}

describe('the history of samples that instances share', () => {
  let clock: HandClock;
  let bus: Bus;
  let opened: Instances[];
  beforeEach(() => {
    clock = new HandClock();
    // A process receives its own messages here, as two processes do over Redis.
    bus = Object.assign(openMemoryBus(), { status: 'redis' as const });
    opened = [];
  });
  afterEach(() => Promise.all(opened.map((one) => one.close())));

  async function open(name: string, over = bus): Promise<Instances> {
    const takeSample = async () => aSample(clock.now());
    const one = await Instances.open({ bus: over, clock, log: createLog('silent'), self: anIdentity(name), takeSample });
    one.startSampling();
    opened.push(one);
    return one;
  }

  const countsOf = (instances: Instances, seconds = historySecondsMax) =>
    instances.report(seconds).instances.map(({ name, samples }) => `${name} ${samples.length}`);

  async function passSamples(count: number): Promise<void> {
    for (let sample = 0; sample < count; sample++) await clock.pass(sampleMs);
  }

  it('has one entry for each instance, sorted by name, on every instance', async () => {
    const [second, first] = [await open('second'), await open('first')];
    await clock.turn();
    await passSamples(3);
    for (const one of [first, second]) assert.deepEqual(countsOf(one), ['first 4', 'second 4']);
    assert.equal(first.report(1).answeredBy, 'id-of-first');
  });

  it('begins at the requested time', async () => {
    const one = await open('one');
    await clock.turn();
    await passSamples(5);
    assert.deepEqual(countsOf(one, 4), ['one 3']);
  });

  it('drops the oldest samples', async () => {
    const one = await open('one');
    await passSamples(460);
    assert.deepEqual(countsOf(one), ['one 450']);
  });

  it('drops an instance that sends nothing', async () => {
    const [stays, goes] = [await open('stays'), await open('goes')];
    await clock.turn();
    await goes.close();
    await passSamples(silenceMsMax / sampleMs);
    assert.equal(countsOf(stays).length, 2);
    await passSamples(1);
    assert.deepEqual(countsOf(stays), ['stays 7']);
  });

  it('accepts no sample twice and no late sample', async () => {
    const one = await open('one');
    const message = (number: number) => ({ type: 'instance', instance: anIdentity('other'), number, sample: aSample(number) }) as const;
    for (const number of [1, 2, 2, 1]) await bus.broadcast(instancesTopic, message(number));
    assert.deepEqual(countsOf(one), ['other 2']);
  });

  it('contains only the instance itself, which sends nothing, while Redis is down', async () => {
    const down = Object.assign(openMemoryBus(), { status: 'redis-down' as const });
    const received: unknown[] = [];
    await down.onBroadcast(instancesTopic, (message) => received.push(message));
    const one = await open('one', down);
    await clock.turn();
    assert.deepEqual([countsOf(one), received], [['one 1'], []]);
  });
});
