import assert from 'node:assert/strict';
import { WriteQueue } from '../../../server/src/write-path/write-queue.ts';
import { HandClock } from '../../support/hand-clock.ts';

describe('the write queue of an organization', () => {
  /** Commands that end when `end` is called, and the order in which they began. */
  function commands(queue: WriteQueue) {
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const run = (orgId: string, name: string, { writer = 'user:1', isUrgent = false } = {}) =>
      queue.run(orgId, { writer, isUrgent }, async () => {
        begun.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        return name;
      });
    const end = async (name: string) => {
      ends.get(name)!();
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { begun, run, end };
  }

  it('runs two commands at a time, and others in their order of arrival', async () => {
    const { begun, run, end } = commands(new WriteQueue(new HandClock()));
    const results = ['a', 'b', 'c', 'd'].map((name) => run('1', name));
    assert.deepEqual(begun, ['a', 'b']);
    await end('b');
    assert.deepEqual(begun, ['a', 'b', 'c']);
    await end('a');
    assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
    await end('c');
    await end('d');
    assert.deepEqual(await Promise.all(results), ['a', 'b', 'c', 'd']);
  });

  it('does not delay other organizations', () => {
    const { begun, run } = commands(new WriteQueue(new HandClock()));
    for (const name of ['a', 'b', 'c']) void run('1', name);
    void run('2', 'other');
    assert.deepEqual(begun, ['a', 'b', 'other']);
  });

  it('continues after a command that was refused', async () => {
    const queue = new WriteQueue(new HandClock());
    const { begun, run } = commands(queue);
    void run('1', 'a');
    const refused = queue.run('1', { writer: 'user:1', isUrgent: false }, () => Promise.reject(new Error('refused')));
    void run('1', 'b');
    await assert.rejects(refused, /refused/);
    assert.deepEqual(begun, ['a', 'b']);
  });

  it('[R12] rejects a command that has waited for 2 s, and never runs it', async () => {
    const clock = new HandClock();
    const { begun, run, end } = commands(new WriteQueue(clock));
    for (const name of ['a', 'b']) void run('1', name);
    const late = assert.rejects(run('1', 'late'), { code: 'unavailable' });
    await clock.pass(1_999);
    void run('1', 'c');
    await clock.pass(1);
    await late;
    await end('a');
    assert.deepEqual(begun, ['a', 'b', 'c']);
  });

  it('[H-08] alternates between writers, so that a writer with many commands delays another by one command', async () => {
    const { begun, run, end } = commands(new WriteQueue(new HandClock()));
    for (let n = 1; n <= 50; n++) void run('1', `flood ${n}`, { writer: 'user:1' });
    void run('1', 'other', { writer: 'user:2' });
    void run('1', 'third', { writer: 'user:3' });
    for (const name of ['flood 1', 'flood 2', 'flood 3', 'other']) await end(name);
    assert.deepEqual(begun, ['flood 1', 'flood 2', 'flood 3', 'other', 'third', 'flood 4']);
  });

  it('[H-08] runs commands that end access before all others, and one other after four of them', async () => {
    const { begun, run, end } = commands(new WriteQueue(new HandClock()));
    for (const name of ['a', 'b', 'c', 'd']) void run('1', name);
    for (let n = 1; n <= 6; n++) void run('1', `end ${n}`, { writer: 'operator', isUrgent: true });
    for (const name of ['a', 'b', 'end 1', 'end 2', 'end 3', 'end 4', 'c']) await end(name);
    assert.deepEqual(begun, ['a', 'b', 'end 1', 'end 2', 'end 3', 'end 4', 'c', 'end 5', 'end 6']);
  });

  it('[H-08] alternates between writers for commands that end access, too', async () => {
    const { begun, run, end } = commands(new WriteQueue(new HandClock()));
    for (let n = 1; n <= 50; n++) void run('1', `flood ${n}`, { writer: 'user:1', isUrgent: true });
    void run('1', 'disable', { writer: 'operator', isUrgent: true });
    for (const name of ['flood 1', 'flood 2', 'flood 3']) await end(name);
    assert.deepEqual(begun.slice(0, 5), ['flood 1', 'flood 2', 'flood 3', 'disable', 'flood 4']);
  });
});
