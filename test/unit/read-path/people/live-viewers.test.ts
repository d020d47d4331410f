import assert from 'node:assert/strict';
import { type Bus, type CountedViewer, type EphemeralMessage, viewersTopic, viewersTopicOf } from '../../../../server/src/bus/bus.ts';
import { openMemoryBus } from '../../../../server/src/bus/bus-memory.ts';
import type { Viewer } from '../../../../server/src/domain/evaluate-access.ts';
import { LiveViewers } from '../../../../server/src/read-path/people/live-viewers.ts';
import { createLog } from '../../../../server/src/runtime/log.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { aViewer } from '../../../support/viewers.ts';

const viewerAt = (userId: string, address: string) => aViewer({ userId, address });
const counted = (userId: string, address: string, subscriptions: number): CountedViewer => {
  return { userId, address, orgTokenId: null, session: null, subscriptions };
};

describe('the survey of live viewers', () => {
  let clock: HandClock;
  let bus: Bus;
  let instances: string[];
  /** The viewers of each instance. */
  let viewers: Record<string, Viewer[]>;

  beforeEach(() => {
    clock = new HandClock();
    bus = openMemoryBus();
    instances = ['here', 'there'];
    viewers = { here: [viewerAt('1', '192.0.2.1')], there: [] };
  });

  function open(self: string): Promise<LiveViewers> {
    const log = createLog('silent');
    return LiveViewers.open({ bus, clock, log, self, listInstances: async () => instances, viewersOf: () => viewers[self]! });
  }

  it('[13.3] counts the subscriptions of each viewer, address and instance', async () => {
    viewers.there = [viewerAt('1', '192.0.2.1'), viewerAt('2', '192.0.2.2'), viewerAt('2', '192.0.2.2'), viewerAt('2', '192.0.2.3')];
    const [here] = [await open('here'), await open('there')];
    assert.deepEqual(await here.survey('1'), {
      viewers: [counted('1', '192.0.2.1', 1), counted('1', '192.0.2.1', 1), counted('2', '192.0.2.2', 2), counted('2', '192.0.2.3', 1)],
      instances: 2,
      isComplete: true,
    });
  });

  it('[13.5] states the login of each session, and counts the logins of a user separately', async () => {
    const binding = { providerId: '7', generation: 1, expiresAt: '2100-01-01T00:00:00.000000Z' };
    const session = (orgIds: readonly string[], isFull: boolean): Viewer => {
      const bindings = new Map(orgIds.map((orgId) => [orgId, { ...binding, memberId: '9' }]));
      return { ...viewerAt('1', '192.0.2.1'), bindings, boundOrgIds: isFull ? null : new Set(orgIds) };
    };
    viewers.here = [];
    viewers.there = [viewerAt('1', '192.0.2.1'), session(['1'], false), session(['1'], false), session(['1'], true), session(['2'], true)];
    const [here] = [await open('here'), await open('there')];
    const found = (await here.survey('1')).viewers.map((viewer) => [viewer.session, viewer.subscriptions]);
    assert.deepEqual(found, [
      [null, 1],
      [{ isFull: false, binding }, 2],
      [{ isFull: true, binding }, 1],
      [{ isFull: true, binding: null }, 1],
    ]);
  });

  it('[13.3] sends thousands of viewers in messages that the bus accepts', async () => {
    const binding = { providerId: '9007199254740991', generation: 12, expiresAt: '2100-01-01T00:00:00.000000Z' };
    viewers.there = Array.from({ length: 2_345 }, (_, index) => ({
      ...viewerAt(`900719925474${index}`, `2001:db8:1111:2222:3333:4444:5555:${index}`),
      bindings: new Map([['1', { ...binding, memberId: '9' }]]),
    }));
    const sizes: number[] = [];
    await bus.onBroadcast(viewersTopicOf('here'), (message) => sizes.push(JSON.stringify(message).length));
    const [here] = [await open('here'), await open('there')];
    const survey = await here.survey('1');
    assert.equal(survey.viewers.length, 2_346);
    assert.equal(survey.isComplete, true);
    assert.ok(Math.max(...sizes) < 15_000, `${Math.max(...sizes)} bytes`);
  });

  it('[13.3] reports that it is incomplete without the whole response of a known instance', async () => {
    const requests: EphemeralMessage[] = [];
    await bus.onBroadcast(viewersTopic, (message) => requests.push(message));
    const here = await open('here');
    const surveying = here.survey('1');
    await clock.pass(0);
    const [request] = requests as [Extract<EphemeralMessage, { type: 'viewers-request' }>];
    const respond = (part: number) =>
      bus.broadcast(viewersTopicOf('here'), {
        ...{ type: 'viewers', id: request.id, instance: 'there', part, parts: 2 },
        viewers: [counted('2', '192.0.2.2', 1)],
      });
    await respond(0);
    await clock.pass(400);
    assert.deepEqual(await surveying, { viewers: [counted('1', '192.0.2.1', 1)], instances: 1, isComplete: false });
    await respond(1);
  });

  it('[13.3] serves concurrent callers together', async () => {
    const requests: EphemeralMessage[] = [];
    await bus.onBroadcast(viewersTopic, (message) => requests.push(message));
    const [here] = [await open('here'), await open('there')];
    await Promise.all(Array.from({ length: 50 }, () => here.survey('1')));
    assert.equal(requests.length, 1);
    await here.survey('1');
    assert.equal(requests.length, 2);
  });
});
