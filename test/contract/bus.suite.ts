import assert from 'node:assert/strict';
import type { LogEntry } from '../../protocol/src/index.ts';
import type { Bus, EphemeralMessage, RevisionNotice } from '../../server/src/bus/bus.ts';
import { eventually } from '../support/eventually.ts';

export function aNotice(orgId: string, revision: number): RevisionNotice {
  const entry: LogEntry = { orgId, revision, command: 'create-team', actor: 'operator', requestId: null, changes: [] };
  const epoch = '00000000-0000-4000-8000-000000000001';
  return { orgId, revision, chain: revision.toString(16).padStart(16, '0'), epoch, entry };
}

export function aMessage(userId: string): EphemeralMessage {
  return { type: 'memberships', userIds: [userId], orgIds: [] };
}

/** The contract of every bus. */
export function describeBusContract(name: string, open: () => Promise<Bus>): void {
  describe(`bus: ${name}`, () => {
    let bus: Bus;
    beforeEach(async () => {
      bus = await open();
    });
    afterEach(() => bus.close());

    it('[R1] a notice reaches a listener of its organization complete', async () => {
      const received: RevisionNotice[] = [];
      await bus.subscribe('7', (notice) => received.push(notice));
      await bus.publish(aNotice('7', 1));
      await eventually(() => assert.deepEqual(received, [aNotice('7', 1)]));
    });

    it('[R1] listeners of this process are called before publish returns', async () => {
      const received: number[] = [];
      await bus.subscribe('7', ({ revision }) => received.push(revision));
      const published = bus.publish(aNotice('7', 1));
      assert.deepEqual(received, [1]);
      await published;
    });

    it('[R1] a notice reaches no listener of another organization', async () => {
      const received: string[] = [];
      await bus.subscribe('7', ({ orgId }) => received.push(orgId));
      await bus.publish(aNotice('8', 1));
      await bus.publish(aNotice('7', 1));
      await eventually(() => assert.deepEqual(received, ['7']));
    });

    it('[R1] every listener of an organization receives its notices', async () => {
      const received: string[] = [];
      await bus.subscribe('7', () => received.push('first'));
      await bus.subscribe('7', () => received.push('second'));
      await bus.publish(aNotice('7', 1));
      await eventually(() => assert.deepEqual(received.toSorted(), ['first', 'second']));
    });

    it('[R1] a disposed listener is not called, and other listeners still are', async () => {
      const received: string[] = [];
      const first = await bus.subscribe('7', () => received.push('first'));
      await bus.subscribe('7', () => received.push('second'));
      await first[Symbol.asyncDispose]();
      await bus.publish(aNotice('7', 1));
      await eventually(() => assert.deepEqual(received, ['second']));
    });

    it('[R1] subscribing to an organization again loses no notice', async () => {
      const received: number[] = [];
      const first = await bus.subscribe('7', ({ revision }) => received.push(revision));
      await first[Symbol.asyncDispose]();
      await bus.subscribe('7', ({ revision }) => received.push(revision));
      await bus.publish(aNotice('7', 2));
      await eventually(() => assert.deepEqual(received, [2]));
    });

    it('[R1] a listener that unsubscribes and subscribes immediately receives later notices', async () => {
      const received: number[] = [];
      const first = await bus.subscribe('7', () => {});
      const ended = first[Symbol.asyncDispose]();
      await bus.subscribe('7', ({ revision }) => received.push(revision));
      await ended;
      await bus.publish(aNotice('7', 3));
      await eventually(() => assert.deepEqual(received, [3]));
    });

    it('an ephemeral message reaches the listeners of its topic, in this process before the call returns', async () => {
      const received: unknown[] = [];
      const first = await bus.onBroadcast('topic', (message) => received.push(message));
      await bus.onBroadcast('other', () => received.push('other'));
      const sent = bus.broadcast('topic', aMessage('1'));
      assert.deepEqual(received, [aMessage('1')]);
      await sent;
      await first[Symbol.asyncDispose]();
      await bus.broadcast('topic', aMessage('2'));
      assert.deepEqual(received, [aMessage('1')]);
    });

    it('[R3] no gap is suspected while nothing is lost', async () => {
      let gaps = 0;
      using _ = bus.onGap(() => gaps++);
      await bus.subscribe('7', () => {});
      await bus.publish(aNotice('7', 1));
      assert.equal(gaps, 0);
    });
  });
}
