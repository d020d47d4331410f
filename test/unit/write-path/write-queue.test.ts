import assert from 'node:assert/strict';
import { WriteQueue } from '../../../server/src/write-path/write-queue.ts';
import { HandClock } from '../../support/hand-clock.ts';

describe('the write queue of an organization', () => {
  /** Commands that release the slot or end when called, and the order in which they began. */
  function commands(queue: WriteQueue) {
    const begun: string[] = [];
    const releases = new Map<string, () => void>();
    const ends = new Map<string, () => void>();
    const run = (orgId: string, name: string, { writer = 'user:1', isUrgent = false } = {}) =>
      queue.run(orgId, { writer, isUrgent }, async ({ release }) => {
        begun.push(name);
        releases.set(name, release);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        return name;
      });
    const act = async (acts: Map<string, () => void>, name: string) => {
      acts.get(name)!();
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { begun, run, release: (name: string) => act(releases, name), end: (name: string) => act(ends, name) };
  }

  it('begins a command when the one before has released the slot or has ended, in their order of arrival', async () => {
    const { begun, run, release, end } = commands(new WriteQueue(new HandClock()));
    const results = ['a', 'b', 'c'].map((name) => run('1', name));
    assert.deepEqual(begun, ['a']);
    await release('a');
    assert.deepEqual(begun, ['a', 'b']);
    await end('b');
    assert.deepEqual(begun, ['a', 'b', 'c']);
    for (const name of ['a', 'c']) await end(name);
    assert.deepEqual(await Promise.all(results), ['a', 'b', 'c']);
  });

  it('releases the slot of a command once, even if it ends later', async () => {
    const { begun, run, release, end } = commands(new WriteQueue(new HandClock()));
    for (const name of ['a', 'b', 'c']) void run('1', name);
    await release('a');
    await release('a');
    await end('a');
    assert.deepEqual(begun, ['a', 'b']);
  });

  it('begins a command at once when the slot is free, although another has not ended', async () => {
    const { begun, run, release } = commands(new WriteQueue(new HandClock()));
    void run('1', 'a');
    await release('a');
    for (const name of ['b', 'c']) void run('1', name);
    assert.deepEqual(begun, ['a', 'b']);
  });

  it('does not delay other organizations', () => {
    const { begun, run } = commands(new WriteQueue(new HandClock()));
    for (const name of ['a', 'b', 'c']) void run('1', name);
    void run('2', 'other');
    assert.deepEqual(begun, ['a', 'other']);
  });

  it('continues after a command that was refused', async () => {
    const queue = new WriteQueue(new HandClock());
    const { begun, run } = commands(queue);
    const refused = queue.run('1', { writer: 'user:1', isUrgent: false }, () => Promise.reject(new Error('refused')));
    void run('1', 'a');
    await assert.rejects(refused, /refused/);
    assert.deepEqual(begun, ['a']);
  });

  it('[R12] rejects a command that has waited for 2 s, and never runs it', async () => {
    const clock = new HandClock();
    const { begun, run, end } = commands(new WriteQueue(clock));
    void run('1', 'a');
    const late = assert.rejects(run('1', 'late'), { code: 'unavailable' });
    await clock.pass(1_999);
    void run('1', 'b');
    await clock.pass(1);
    await late;
    await end('a');
    assert.deepEqual(begun, ['a', 'b']);
  });

  it('[H-08] alternates between writers, so that a writer with many commands delays another by one command', async () => {
    const { begun, run, end } = commands(new WriteQueue(new HandClock()));
    for (let n = 1; n <= 50; n++) void run('1', `flood ${n}`, { writer: 'user:1' });
    void run('1', 'other', { writer: 'user:2' });
    void run('1', 'third', { writer: 'user:3' });
    for (const name of ['flood 1', 'flood 2', 'other', 'third']) await end(name);
    assert.deepEqual(begun, ['flood 1', 'flood 2', 'other', 'third', 'flood 3']);
  });

  it('[H-08] runs commands that end access before all others, and one other after four of them', async () => {
    const { begun, run, end } = commands(new WriteQueue(new HandClock()));
    for (const name of ['a', 'b', 'c']) void run('1', name);
    for (let n = 1; n <= 6; n++) void run('1', `end ${n}`, { writer: 'operator', isUrgent: true });
    for (const name of ['a', 'end 1', 'end 2', 'end 3', 'end 4', 'b', 'end 5']) await end(name);
    assert.deepEqual(begun, ['a', 'end 1', 'end 2', 'end 3', 'end 4', 'b', 'end 5', 'end 6']);
  });

  it('[H-08] alternates between writers for commands that end access, too', async () => {
    const { begun, run, end } = commands(new WriteQueue(new HandClock()));
    for (let n = 1; n <= 50; n++) void run('1', `flood ${n}`, { writer: 'user:1', isUrgent: true });
    void run('1', 'disable', { writer: 'operator', isUrgent: true });
    for (const name of ['flood 1', 'flood 2', 'disable']) await end(name);
    assert.deepEqual(begun, ['flood 1', 'flood 2', 'disable', 'flood 3']);
  });
});
