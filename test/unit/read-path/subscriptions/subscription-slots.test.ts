import assert from 'node:assert/strict';
import {
  type Slot,
  SubscriptionSlots,
  subscriptionSlotLimits,
  TooManyConnectingError,
} from '../../../../server/src/read-path/subscriptions/subscription-slots.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Work that the test ends. */
class Held {
  begun: Slot | null = null;
  end = () => {};
  readonly #ended = new Promise<void>((resolve) => {
    this.end = resolve;
  });

  readonly work = (slot: Slot) => {
    this.begun = slot;
    return this.#ended;
  };
}

function several(count: number): Held[] {
  return Array.from({ length: count }, () => new Held());
}

const keep = () => assert.fail('gave up a subscription');

const begunOf = (all: readonly Held[]) => all.filter(({ begun }) => begun !== null).length;

describe('the admission of subscriptions', () => {
  const small = { ...subscriptionSlotLimits, runningMax: 4, runningPerOwnerMax: 2, begunMax: 12, begunPerOwnerMax: 6 };

  it('[R10] gives an owner that is alone all slots, and serves the waiting owners in rotation', async () => {
    const admission = new SubscriptionSlots(small);
    const many = several(8);
    const runs = many.map(({ work }) => admission.run('many', work));
    await turn();
    assert.equal(begunOf(many), 4);
    const honest = new Held();
    runs.push(admission.run('honest', honest.work));
    for (const held of many.slice(0, 2)) {
      held.end();
      await turn();
    }
    assert.ok(honest.begun, 'the second of two released slots was not for the other owner');
    for (const held of [...many, honest]) held.end();
    await Promise.all(runs);
    assert.deepEqual(admission.use, { begun: 0, running: 0, waiting: 0 });
  });

  it('[R10] takes no slot for a subscription that waits for its client, and gives it one again afterwards', async () => {
    const admission = new SubscriptionSlots(small);
    let read = () => {};
    const reads = new Promise<void>((resolve) => {
      read = resolve;
    });
    const continued: number[] = [];
    const silent = Array.from({ length: 4 }, (_, index) =>
      admission.run('silent', async (slot) => {
        await slot.releaseDuring(() => reads, keep);
        continued.push(index);
      }),
    );
    const honest = several(4);
    const runs = honest.map(({ work }) => admission.run('honest', work));
    await turn();
    assert.equal(begunOf(honest), 4);
    assert.deepEqual(admission.use, { begun: 8, running: 4, waiting: 0 });
    read();
    await turn();
    assert.deepEqual([continued, admission.use.waiting], [[], 4]);
    for (const { end } of honest) end();
    await Promise.all([...silent, ...runs]);
    assert.equal(continued.length, 4);
    assert.deepEqual(admission.use, { begun: 0, running: 0, waiting: 0 });
  });

  it('[R10] keeps a slot for a subscription whose wait for the client failed', async () => {
    const admission = new SubscriptionSlots(small);
    const failing = admission.run('one', (slot) => slot.releaseDuring(() => Promise.reject(new Error('gone')), keep));
    await assert.rejects(failing, /gone/);
    assert.deepEqual(admission.use, { begun: 0, running: 0, waiting: 0 });
  });

  it('[R10] limits the subscriptions in progress per owner, also while they wait for their clients', async () => {
    const admission = new SubscriptionSlots(small);
    let read = () => {};
    const reads = new Promise<void>((resolve) => {
      read = resolve;
    });
    let begun = 0;
    const runs = Array.from({ length: 10 }, () =>
      admission.run('silent', (slot) => {
        begun++;
        return slot.releaseDuring(() => reads, keep);
      }),
    );
    await turn();
    assert.equal(begun, 6);
    assert.equal(await admission.run('honest', async () => 'served'), 'served');
    read();
    await Promise.all(runs);
    assert.equal(begun, 10);
  });

  it('[R10] ends the longest wait of the owner with the most in progress for an owner with fewer, when too many are', async () => {
    const admission = new SubscriptionSlots(small);
    const givenUp: string[] = [];
    const slow = (owner: string, count: number) =>
      Array.from({ length: count }, (_, index) =>
        admission.run(owner, (slot) => {
          let end = () => {};
          const ended = new Promise<void>((resolve) => {
            end = resolve;
          });
          ends.push(end);
          return slot.releaseDuring(
            () => ended,
            () => {
              givenUp.push(`${owner} ${index}`);
              end();
            },
          );
        }),
      );
    const ends: (() => void)[] = [];
    const runs = [...slow('large', 6), ...slow('larger', 5), ...slow('small', 1)];
    await turn();
    assert.deepEqual(admission.use, { begun: 12, running: 0, waiting: 0 });

    const others = several(6);
    runs.push(...others.slice(0, 4).map(({ work }) => admission.run('honest', work)));
    await turn();
    assert.deepEqual(givenUp, ['large 0', 'large 1', 'larger 0']);
    assert.equal(begunOf(others), 3, 'ended a subscription of an owner with as few');
    runs.push(admission.run('small', others[4]!.work));
    await turn();
    assert.deepEqual([givenUp.at(-1), begunOf(others)], ['large 2', 4]);

    for (const end of [...ends, ...others.map(({ end }) => end)]) end();
    await Promise.all(runs);
    assert.deepEqual(admission.use, { begun: 0, running: 0, waiting: 0 });
  });

  it('[R10] ends slow subscriptions also for those that waited already when an earlier one ended', async () => {
    const admission = new SubscriptionSlots(small);
    const ends: (() => void)[] = [];
    const slow = (owner: string) =>
      admission.run(owner, (slot) => {
        const ended = new Promise<void>((resolve) => {
          ends.push(resolve);
        });
        const end = ends.at(-1)!;
        return slot.releaseDuring(() => ended, end);
      });
    const owners = ['one', 'two', 'three', 'four', 'five', 'six'];
    const runs = owners.flatMap((owner) => [slow(owner), slow(owner)]);
    await turn();
    runs.push(...owners.map(slow));
    const honest = several(3);
    runs.push(...honest.map(({ work }) => admission.run('honest', work)));
    for (const [index, { end }] of honest.entries()) {
      await turn();
      assert.ok(begunOf(honest) > index, `${index + 1} of 3 did not begin`);
      end();
    }

    for (let index = 0; index < ends.length; index++) {
      ends[index]!();
      await turn();
    }
    await Promise.all(runs);
    assert.deepEqual(admission.use, { begun: 0, running: 0, waiting: 0 });
  });

  it('[R10] makes an owner with more than its share give way between two parts, if another owner waits', async () => {
    const admission = new SubscriptionSlots(small);
    const many = several(4);
    const runs = many.map(({ work }) => admission.run('many', work));
    await turn();
    await many[0]!.begun!.giveWay();
    assert.equal(admission.use.running, 4, 'an owner that is alone gave a slot up');
    const honest = several(3);
    runs.push(...honest.map(({ work }) => admission.run('honest', work)));
    let back = 0;
    for (const { begun } of many) void begun!.giveWay().then(() => back++);
    await turn();
    assert.deepEqual([begunOf(honest), back], [2, 2]);
    for (const { end } of honest) end();
    await Promise.all(runs.slice(many.length));
    await turn();
    assert.deepEqual([begunOf(honest), back], [3, 4]);
    for (const { end } of many) end();
    await Promise.all(runs);
    assert.deepEqual(admission.use, { begun: 0, running: 0, waiting: 0 });
  });

  it('[R10] refuses what an owner has waiting beyond its limit, and lets a full queue cost the owner that fills it', async () => {
    const admission = new SubscriptionSlots({ ...small, runningMax: 1, waitingMax: 4, waitingPerOwnerMax: 4 });
    const first = new Held();
    const running = admission.run('flood', first.work);
    const waiting = Array.from({ length: 4 }, () =>
      admission.run('flood', async () => 'served').catch((error) => error instanceof TooManyConnectingError && 'refused'),
    );
    await assert.rejects(
      admission.run('flood', async () => {}),
      TooManyConnectingError,
    );
    const honest = admission.run('honest', async () => 'served');
    first.end();
    await running;
    assert.equal(await honest, 'served');
    assert.deepEqual(await Promise.all(waiting), ['served', 'served', 'served', 'refused']);
  });
});
