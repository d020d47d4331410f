import assert from 'node:assert/strict';
import { IdleOrganizations } from '../../../../server/src/read-path/watched/idle-organizations.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';
import { HandClock } from '../../../support/hand-clock.ts';

interface Named {
  readonly name: string;
}

const [first, second, third] = ['first', 'second', 'third'].map((name): Named => ({ name })) as [Named, Named, Named];

function open(idleFeedBytes = 1_000) {
  const clock = new HandClock();
  const counters = new Counters();
  const closed: string[] = [];
  const idle = new IdleOrganizations<Named>({ clock, counters }, { idleFeedSeconds: 30, idleFeedBytes }, ({ name }) => closed.push(name));
  return { clock, closed, counters, idle };
}

describe('idle organizations', () => {
  it('close once they have been idle for the time', async () => {
    const { clock, closed, counters, idle } = open();
    idle.add(first, { bytes: 10 });
    await clock.pass(20_000);
    idle.add(second, { bytes: 10 });
    await clock.pass(9_999);
    assert.deepEqual(closed, []);
    await clock.pass(1);
    assert.deepEqual(closed, ['first']);
    await clock.pass(20_000);
    assert.deepEqual(closed, ['first', 'second']);
    assert.deepEqual([...counters.byReason('feedsLetGo')], [['time', 2]]);
  });

  it('wait at least a millisecond when the end of the time is rounded down', async () => {
    const { clock, closed, idle } = open();
    clock.spend(0.1);
    assert.ok(clock.now() + 30_000 - 30_000 < clock.now(), 'this time is not rounded');
    const waits: number[] = [];
    const { after } = clock;
    clock.after = (ms, run) => {
      waits.push(ms);
      return after.call(clock, ms, run);
    };
    idle.add(first, { bytes: 10 });
    await clock.pass(30_000);
    await clock.pass(1);
    assert.deepEqual([closed, waits], [['first'], [30_000, 1]]);
  });

  it('stay open while they are used, and have the whole time again afterwards', async () => {
    const { clock, closed, idle } = open();
    idle.add(first, { bytes: 10 });
    await clock.pass(29_000);
    idle.remove(first);
    await clock.pass(60_000);
    idle.add(first, { bytes: 10 });
    await clock.pass(29_999);
    assert.deepEqual(closed, []);
    await clock.pass(1);
    assert.deepEqual(closed, ['first']);
  });

  it('close in the order of their last use, once they take more than the memory', async () => {
    const { closed, counters, idle } = open(100);
    for (const watched of [first, second]) idle.add(watched, { bytes: 50 });
    idle.remove(first);
    idle.add(first, { bytes: 50 });
    assert.deepEqual(closed, []);
    idle.add(third, { bytes: 40 });
    assert.deepEqual(closed, ['second']);
    assert.deepEqual(idle.use, { organizations: 2, bytes: 90 });
    assert.deepEqual([...counters.byReason('feedsLetGo')], [['memory', 1]]);
  });

  it('close in the order of their last use when one of them grows beyond the memory', async () => {
    const { clock, closed, idle } = open(100);
    for (const watched of [first, second, third]) idle.add(watched, { bytes: 20 });
    idle.resize(second, 60);
    assert.deepEqual([closed, idle.use], [[], { organizations: 3, bytes: 100 }]);
    idle.resize(second, 70);
    assert.deepEqual([closed, idle.use], [['first'], { organizations: 2, bytes: 90 }]);
    idle.resize(second, 101);
    assert.deepEqual([closed, idle.use], [['first', 'second'], { organizations: 1, bytes: 20 }]);
    await clock.pass(30_000);
    assert.deepEqual(closed, ['first', 'second', 'third']);
  });

  it('close at once if one alone takes more than the memory', () => {
    const { closed, idle } = open(100);
    idle.add(first, { bytes: 101 });
    assert.deepEqual(closed, ['first']);
    assert.deepEqual(idle.use, { organizations: 0, bytes: 0 });
  });
});
