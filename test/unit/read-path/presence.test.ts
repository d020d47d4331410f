import assert from 'node:assert/strict';
import { OrgState, type PresenceFrame } from '@rollcall/protocol';
import type { Bus, Word } from '../../../server/src/bus/bus.ts';
import { openMemoryBus } from '../../../server/src/bus/bus-memory.ts';
import { audienceOf } from '../../../server/src/domain/audience.ts';
import { joinViewings } from '../../../server/src/domain/viewers.ts';
import type { Frame } from '../../../server/src/read-path/frame.ts';
import { Presence } from '../../../server/src/read-path/presence.ts';
import { Subscription } from '../../../server/src/read-path/subscription.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { aMember, anOrganization } from '../client-sdk/records.ts';

const topic = 'presence:1';
const since = '2026-03-01T09:30:00.000Z';

describe('presence', () => {
  let clock: HandClock;
  let bus: Bus;
  let state: OrgState;
  let presence: Presence;
  let said: Word[];
  /** Who a subscription was told of last, by page. */
  let told: (string | null)[][];

  beforeEach(async () => {
    clock = new HandClock();
    bus = openMemoryBus();
    state = OrgState.from([anOrganization(), aMember('1'), aMember('2'), aMember('3')]);
    presence = new Presence({ bus, clock, log: createLog('silent'), instance: 'here', now: () => since, stateOf: () => state });
    said = [];
    told = [];
    await bus.hear(topic, (word) => said.push(word));
  });

  function aSubscription(userId: string): Subscription {
    const viewer = { userId, orgTokenId: null, tokenScopes: null, boundOrgId: null, collections: null };
    const outlet = {
      send: ({ json }: Frame) => void told.push((JSON.parse(json) as PresenceFrame).viewers.map(({ userId, page }) => `${userId} ${page}`)),
      hasRoom: () => true,
      whenRoom: async () => {},
      ended() {},
      credentialRevoked() {},
      failed() {},
    };
    const subscription = new Subscription('1', viewer, audienceOf(state.organization!, new Set(['member:read']), null), outlet);
    subscription.status = 'live';
    return subscription;
  }

  /** Another instance's word. */
  function elsewhere(number: number, ...viewers: readonly string[]): Word {
    const viewings = viewers.map((userId) => ({ userId, page: 'there', since }));
    return { type: 'presence', orgId: '1', instance: 'there', number, viewers: viewings };
  }

  /** What is due in the next second, in turn. */
  async function aSecond(): Promise<void> {
    await clock.turn();
    for (let turn = 0; turn < 10; turn++) await clock.pass(100);
  }

  it('gathers what changes at once into one word and one frame', async () => {
    const subscription = aSubscription('1001');
    for (const page of ['a', 'b', 'c']) presence.look(subscription, page);
    await aSecond();
    assert.deepEqual(told, [['1001 c']]);
    assert.equal(said.length, 1);
  });

  it('is said again every 5 s, and forgets an instance that is silent for 15 s', async () => {
    presence.look(aSubscription('1001'), null);
    await bus.say(topic, elsewhere(1, '1002'));
    for (let second = 0; second < 14; second++) await aSecond();
    assert.deepEqual(told.at(-1), ['1001 null', '1002 there']);
    assert.equal(said.filter((word) => word.type === 'presence' && word.instance === 'here').length, 3);
    for (let second = 0; second < 3; second++) await aSecond();
    assert.deepEqual(told.at(-1), ['1001 null']);
  });

  it('ignores a word that comes after a later one, also when its instance went silent', async () => {
    presence.look(aSubscription('1001'), null);
    await bus.say(topic, elsewhere(2));
    await bus.say(topic, elsewhere(1, '1002'));
    for (let second = 0; second < 17; second++) await aSecond();
    await bus.say(topic, elsewhere(2, '1002'));
    await aSecond();
    assert.deepEqual(told, [['1001 null']]);
  });

  it('answers an instance that has just come, and only once', async () => {
    presence.look(aSubscription('1001'), null);
    await aSecond();
    const before = said.length;
    await bus.say(topic, elsewhere(1, '1002'));
    await bus.say(topic, elsewhere(2, '1002'));
    await aSecond();
    assert.deepEqual(
      said.slice(before).map((word) => word.type === 'presence' && word.instance),
      ['there', 'there', 'here'],
    );
  });

  it('[A2] says at once that the last has gone, and tells nobody who is not live', async () => {
    const [gone, loading] = [aSubscription('1001'), aSubscription('1002')];
    presence.look(gone, 'a');
    loading.status = 'loading';
    presence.look(loading, 'b');
    await aSecond();
    assert.deepEqual(told, [['1001 a', '1002 b']]);
    gone.end();
    loading.end();
    await aSecond();
    assert.equal(told.length, 1);
    assert.deepEqual(said.at(-1), { type: 'presence', orgId: '1', instance: 'here', number: 2, viewers: [] });
  });

  it('names only who is a member, whatever other instances say', async () => {
    presence.look(aSubscription('1001'), null);
    await bus.say(topic, elsewhere(1, '1002', '666'));
    await aSecond();
    assert.deepEqual(told.at(-1), ['1001 null', '1002 there']);
    state.remove('member', '2');
    for (let second = 0; second < 2; second++) await aSecond();
    assert.deepEqual(told.at(-1), ['1001 null']);
  });

  it('joins the windows of one user: since the first, where the last was opened', () => {
    const at = (userId: string, page: string, minute: number) => ({ userId, page, since: `2026-03-01T09:0${minute}:00.000Z` });
    assert.deepEqual(joinViewings([at('1', 'new', 3), at('2', 'else', 2), at('1', 'old', 1)]), [
      { ...at('1', 'new', 1) },
      at('2', 'else', 2),
    ]);
  });
});
