import assert from 'node:assert/strict';
import { audienceOf, OrgState, type PresenceFrame } from '@rollcall/protocol';
import type { Bus, EphemeralMessage } from '../../../../server/src/bus/bus.ts';
import { openMemoryBus } from '../../../../server/src/bus/bus-memory.ts';
import { mergePresence } from '../../../../server/src/domain/presence.ts';
import { Presence } from '../../../../server/src/read-path/people/presence.ts';
import type { Frame } from '../../../../server/src/read-path/subscriptions/frame.ts';
import type { Subscription } from '../../../../server/src/read-path/subscriptions/subscription.ts';
import { createLog } from '../../../../server/src/runtime/log.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { aMember, anOrganization } from '../../client-sdk/records.ts';
import { aGroup, aSink, aSubscription } from '../subscriptions.ts';

const topic = 'presence:1';
const since = '2026-03-01T09:30:00.000Z';

describe('presence', () => {
  let clock: HandClock;
  let bus: Bus;
  let state: OrgState;
  let presence: Presence;
  let broadcast: EphemeralMessage[];
  /** The viewers in each frame that a subscription received, with their pages. */
  let received: (string | null)[][];

  beforeEach(async () => {
    clock = new HandClock();
    bus = openMemoryBus();
    state = OrgState.from([anOrganization(), aMember('1'), aMember('2'), aMember('3')]);
    presence = new Presence({ bus, clock, log: createLog('silent'), instance: 'here', now: () => since, stateOf: () => state });
    broadcast = [];
    received = [];
    await bus.onBroadcast(topic, (message) => broadcast.push(message));
  });

  function aLoadingSubscription(userId: string): Subscription {
    const sink = aSink(({ json }: Frame) => {
      received.push((JSON.parse(json) as PresenceFrame).viewers.map((viewer) => `${viewer.userId} ${viewer.page}`));
    });
    return aSubscription('1', userId, audienceOf(state.organization!, new Set(['member:read']), null), sink);
  }

  function aLiveSubscription(userId: string): Subscription {
    const subscription = aLoadingSubscription(userId);
    subscription.handle({ type: 'joined', group: aGroup(subscription.audience), revision: 1 });
    return subscription;
  }

  /** A message of another instance. */
  function elsewhere(number: number, ...viewers: readonly string[]): EphemeralMessage {
    const entries = viewers.map((userId) => ({ userId, page: 'there', since }));
    return { type: 'presence', orgId: '1', instance: 'there', number, viewers: entries };
  }

  /** Advances the clock by one second. */
  async function aSecond(): Promise<void> {
    await clock.turn();
    for (let turn = 0; turn < 10; turn++) await clock.pass(100);
  }

  it('combines simultaneous changes into one message and one frame', async () => {
    const subscription = aLiveSubscription('1001');
    for (const page of ['a', 'b', 'c']) presence.update(subscription, page);
    await aSecond();
    assert.deepEqual(received, [['1001 c']]);
    assert.equal(broadcast.length, 1);
  });

  it('broadcasts again every 5 s, and drops the viewers of an instance that is silent for 15 s', async () => {
    presence.update(aLiveSubscription('1001'), null);
    await bus.broadcast(topic, elsewhere(1, '1002'));
    for (let second = 0; second < 14; second++) await aSecond();
    assert.deepEqual(received.at(-1), ['1001 null', '1002 there']);
    assert.equal(broadcast.filter((message) => message.type === 'presence' && message.instance === 'here').length, 3);
    for (let second = 0; second < 3; second++) await aSecond();
    assert.deepEqual(received.at(-1), ['1001 null']);
  });

  it('ignores a message that arrives after a newer one, also from an instance that was silent', async () => {
    presence.update(aLiveSubscription('1001'), null);
    await bus.broadcast(topic, elsewhere(2));
    await bus.broadcast(topic, elsewhere(1, '1002'));
    for (let second = 0; second < 17; second++) await aSecond();
    await bus.broadcast(topic, elsewhere(2, '1002'));
    await aSecond();
    assert.deepEqual(received, [['1001 null']]);
  });

  it('responds to a new instance once', async () => {
    presence.update(aLiveSubscription('1001'), null);
    await aSecond();
    const before = broadcast.length;
    await bus.broadcast(topic, elsewhere(1, '1002'));
    await bus.broadcast(topic, elsewhere(2, '1002'));
    await aSecond();
    assert.deepEqual(
      broadcast.slice(before).map((message) => message.type === 'presence' && message.instance),
      ['there', 'there', 'here'],
    );
  });

  it('[A2] broadcasts immediately that the last viewer left, and sends presence only to live subscriptions', async () => {
    const [gone, loading] = [aLiveSubscription('1001'), aLoadingSubscription('1002')];
    presence.update(gone, 'a');
    presence.update(loading, 'b');
    await aSecond();
    assert.deepEqual(received, [['1001 a', '1002 b']]);
    gone.end();
    loading.end();
    await aSecond();
    assert.equal(received.length, 1);
    assert.deepEqual(broadcast.at(-1), { type: 'presence', orgId: '1', instance: 'here', number: 2, viewers: [] });
  });

  it('lists only members, regardless of the messages of other instances', async () => {
    presence.update(aLiveSubscription('1001'), null);
    await bus.broadcast(topic, elsewhere(1, '1002', '666'));
    await aSecond();
    assert.deepEqual(received.at(-1), ['1001 null', '1002 there']);
    state.remove('member', '2');
    for (let second = 0; second < 2; second++) await aSecond();
    assert.deepEqual(received.at(-1), ['1001 null']);
  });

  it('combines the windows of one user, with the time of the first and the page of the last', () => {
    const at = (userId: string, page: string, minute: number) => ({ userId, page, since: `2026-03-01T09:0${minute}:00.000Z` });
    assert.deepEqual(mergePresence([at('1', 'new', 3), at('2', 'else', 2), at('1', 'old', 1)]), [
      { ...at('1', 'new', 1) },
      at('2', 'else', 2),
    ]);
  });
});
