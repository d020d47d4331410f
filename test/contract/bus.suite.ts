import assert from 'node:assert/strict';
import type { LogEntry } from '../../protocol/src/index.ts';
import type { Bus, RevisionNotice, Word } from '../../server/src/bus/bus.ts';
import { eventually } from '../support/eventually.ts';

export function aNotice(orgId: string, revision: number): RevisionNotice {
  const entry: LogEntry = { orgId, revision, command: 'create-team', actor: 'operator', requestId: null, changes: [] };
  return { orgId, revision, chain: revision.toString(16).padStart(16, '0'), entry };
}

export function aWord(userId: string): Word {
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
      const heard: RevisionNotice[] = [];
      await bus.subscribe('7', (notice) => heard.push(notice));
      await bus.publish(aNotice('7', 1));
      await eventually(() => assert.deepEqual(heard, [aNotice('7', 1)]));
    });

    it('[R1] listeners of this process are called before publish returns', async () => {
      const heard: number[] = [];
      await bus.subscribe('7', ({ revision }) => heard.push(revision));
      const published = bus.publish(aNotice('7', 1));
      assert.deepEqual(heard, [1]);
      await published;
    });

    it('[R1] organizations are kept apart', async () => {
      const heard: string[] = [];
      await bus.subscribe('7', ({ orgId }) => heard.push(orgId));
      await bus.publish(aNotice('8', 1));
      await bus.publish(aNotice('7', 1));
      await eventually(() => assert.deepEqual(heard, ['7']));
    });

    it('[R1] every listener of an organization receives the notice', async () => {
      const heard: string[] = [];
      await bus.subscribe('7', () => heard.push('first'));
      await bus.subscribe('7', () => heard.push('second'));
      await bus.publish(aNotice('7', 1));
      await eventually(() => assert.deepEqual(heard.toSorted(), ['first', 'second']));
    });

    it('[R1] a disposed listener is not called, and the others still are', async () => {
      const heard: string[] = [];
      const first = await bus.subscribe('7', () => heard.push('first'));
      await bus.subscribe('7', () => heard.push('second'));
      await first[Symbol.asyncDispose]();
      await bus.publish(aNotice('7', 1));
      await eventually(() => assert.deepEqual(heard, ['second']));
    });

    it('[R1] subscribing to an organization again loses nothing', async () => {
      const heard: number[] = [];
      const first = await bus.subscribe('7', ({ revision }) => heard.push(revision));
      await first[Symbol.asyncDispose]();
      await bus.subscribe('7', ({ revision }) => heard.push(revision));
      await bus.publish(aNotice('7', 2));
      await eventually(() => assert.deepEqual(heard, [2]));
    });

    it('[R1] a listener receives what follows two immediate changes of its subscription', async () => {
      const heard: number[] = [];
      const first = await bus.subscribe('7', () => {});
      const ended = first[Symbol.asyncDispose]();
      await bus.subscribe('7', ({ revision }) => heard.push(revision));
      await ended;
      await bus.publish(aNotice('7', 3));
      await eventually(() => assert.deepEqual(heard, [3]));
    });

    it('an ephemeral message reaches the listeners of its topic, in this process before the call returns', async () => {
      const heard: unknown[] = [];
      const first = await bus.hear('topic', (word) => heard.push(word));
      await bus.hear('other', () => heard.push('other'));
      const said = bus.say('topic', aWord('1'));
      assert.deepEqual(heard, [aWord('1')]);
      await said;
      await first[Symbol.asyncDispose]();
      await bus.say('topic', aWord('2'));
      assert.deepEqual(heard, [aWord('1')]);
    });

    it('[R3] no gap is suspected while nothing is lost', async () => {
      let doubts = 0;
      using _ = bus.onDoubt(() => doubts++);
      await bus.subscribe('7', () => {});
      await bus.publish(aNotice('7', 1));
      assert.equal(doubts, 0);
    });
  });
}
