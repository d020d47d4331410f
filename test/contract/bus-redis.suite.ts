import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import type { Bus, EphemeralMessage, RevisionNotice } from '../../server/src/bus/bus.ts';
import { openRedisBus, type RedisBus } from '../../server/src/bus/bus-redis.ts';
import { NoticeCodec } from '../../server/src/bus/notice-codec.ts';
import type { CreatePubSubClient } from '../../server/src/bus/pub-sub-client.ts';
import { messageAgeMsMax } from '../../server/src/bus/replay-guard.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { Counters } from '../../server/src/runtime/metrics/counters.ts';
import { deriveKey } from '../../server/src/runtime/secrets/derive-key.ts';
import { KeyRing } from '../../server/src/runtime/secrets/key-ring.ts';
import { eventually } from '../support/eventually.ts';
import type { Redis } from '../support/redis.ts';
import { redisCommand } from '../support/redis-command.ts';
import { aMessage, aNotice, describeBusContract } from './bus.suite.ts';

/** A Redis that the test may kill and freeze, with the ways to reach it. */
export interface RedisUnderTest {
  /** One node, or the nodes of a Cluster. */
  readonly nodes: readonly Redis[];
  readonly create: CreatePubSubClient;
  /** `publish`, or `spublish` on a Cluster. */
  readonly publishCommand: string;
  stop(): Promise<void>;
}

const secret = 'a secret that all instances of these tests share';
const log = createLog('silent');

/** The bus of one server process, with what it counted. */
interface Instance {
  readonly bus: RedisBus;
  readonly counters: Counters;
  readonly gaps: () => number;
}

async function openInstance({ create }: RedisUnderTest, itsSecret = secret): Promise<Instance> {
  const counters = new Counters();
  const bus = openRedisBus(create, { keys: new KeyRing(itsSecret), counters, log });
  await isUp(bus);
  let gaps = 0;
  bus.onGap(() => gaps++);
  return { bus, counters, gaps: () => gaps };
}

function isUp(bus: Bus): Promise<void> {
  return eventually(() => assert.equal(bus.status, 'redis'), { timeoutMs: 10_000 });
}

function isDown(bus: Bus): Promise<void> {
  return eventually(() => assert.equal(bus.status, 'redis-down'));
}

/**
 * Publishes again until the notice is received: a notice that is published during an outage may be
 * lost.
 */
async function assertReceived(from: Bus, orgId: string, received: readonly RevisionNotice[], revision: number): Promise<void> {
  const attempt = async () => {
    await from.publish(aNotice(orgId, revision));
    const isReceived = received.some((notice) => notice.orgId === orgId && notice.revision === revision);
    assert.ok(isReceived, `the notice for organization ${orgId} was not received`);
  };
  await eventually(attempt, { intervalMs: 25 });
}

/** The contract of the port, and its behavior when Redis or another client of it fails. */
export function describeRedisBus(name: string, start: () => Promise<RedisUnderTest>): void {
  describe(`bus over ${name}`, () => {
    let redis: RedisUnderTest;
    before(async () => {
      redis = await start();
    });
    after(() => redis?.stop());

    describeBusContract(name, async () => (await openInstance(redis)).bus);

    describe('between two processes', () => {
      let one: Instance;
      let other: Instance;
      beforeEach(async () => {
        [one, other] = await Promise.all([openInstance(redis), openInstance(redis)]);
      });
      afterEach(async () => {
        await Promise.all([one.bus.close(), other.bus.close()]);
      });

      /** There are enough organizations for each shard of a Cluster to have some. */
      const orgIds = Array.from({ length: 12 }, (_, index) => String(index + 1));

      async function listenToAll({ bus }: Instance): Promise<RevisionNotice[]> {
        const received: RevisionNotice[] = [];
        await Promise.all(orgIds.map((orgId) => bus.subscribe(orgId, (notice) => received.push(notice))));
        return received;
      }

      async function assertAllReceived(received: readonly RevisionNotice[], revision: number): Promise<void> {
        await Promise.all(orgIds.map((orgId) => assertReceived(one.bus, orgId, received, revision)));
      }

      it('[R3] each notice is delivered complete and once, also to its sender', async () => {
        const [atSender, atOther] = await Promise.all([listenToAll(one), listenToAll(other)]);
        const sent = orgIds.flatMap((orgId) => [aNotice(orgId, 1), aNotice(orgId, 2)]);
        for (const notice of sent) await one.bus.publish(notice);
        const inOrder = (notices: readonly RevisionNotice[]) => notices.toSorted((a, b) => +a.orgId - +b.orgId || a.revision - b.revision);
        await eventually(() => assert.deepEqual(inOrder(atOther), sent));
        assert.deepEqual(atSender, sent);
      });

      it('[R3] forged, unreadable and misdirected messages and those of another version are dropped and counted', async () => {
        const received = await listenToAll(other);
        const codec = new NoticeCodec(new KeyRing(secret), 'sender', Date.now);
        const channel = codec.channelOf('7');
        const genuine = codec.encodeNotice(aNotice('7', 5));
        const forged = new NoticeCodec(new KeyRing('a secret that an attacker invented'), 'sender', Date.now).encodeNotice(aNotice('7', 5));
        const bad = [
          '',
          'garbage',
          '1.sender.mac.{}',
          '{"orgId":"7","revision":5}',
          forged,
          genuine.replace(/^1/, '2'),
          genuine.replace('"revision":5', '"revision":6'),
          genuine.replace('sender', 'another'),
          codec.encodeNotice(aNotice('8', 5)),
          codec.encodeBeat(channel),
          codec.encodeNotice({ ...aNotice('7', 5), epoch: 'x'.repeat(100_000) }),
        ];
        for (const message of bad) await publishRaw(redis, channel, message);
        await eventually(() => assert.equal(other.counters.get('noticesDropped'), bad.length));
        assert.deepEqual(received, []);

        await publishRaw(redis, channel, genuine);
        await eventually(() => assert.deepEqual(received, [aNotice('7', 5)]));
        assert.equal(other.gaps(), 0);
      });

      it('[R3] other processes receive ephemeral messages, but none that is forged, unknown, too long or of another topic', async () => {
        const received: unknown[] = [];
        await other.bus.onBroadcast('topic', (message) => received.push(message));
        const codec = new NoticeCodec(new KeyRing(secret), 'sender', Date.now);
        const channel = codec.channelOfTopic('topic');
        const unknown = { type: 'rumour' } as unknown as EphemeralMessage;
        const bad = [
          new NoticeCodec(new KeyRing('a secret that an attacker invented'), 'sender', Date.now).encodeBroadcast('topic', aMessage('1')),
          codec.encodeBroadcast('topic', unknown),
          codec.encodeBroadcast('other', aMessage('1')),
          codec.encodeNotice(aNotice('7', 5)),
        ];
        for (const message of bad) await publishRaw(redis, channel, message);
        await eventually(() => assert.equal(other.counters.get('noticesDropped'), bad.length));
        await one.bus.broadcast('topic', { type: 'memberships', userIds: Array.from({ length: 4_000 }, String), orgIds: [] });
        assert.equal(one.counters.get('publishFailures'), 1);
        await one.bus.broadcast('topic', aMessage('2'));
        await eventually(() => assert.deepEqual(received, [aMessage('2')]));
      });

      it('[H-18] each ephemeral message is received once, not late and not after a newer one; a restarted sender counts from 1', async () => {
        const received: EphemeralMessage[] = [];
        await other.bus.onBroadcast('topic', (message) => received.push(message));
        const codec = new NoticeCodec(new KeyRing(secret), 'sender', Date.now);
        const channel = codec.channelOfTopic('topic');
        const [first, second] = [codec.encodeBroadcast('topic', aMessage('1')), codec.encodeBroadcast('topic', aMessage('2'))];
        const old = new NoticeCodec(new KeyRing(secret), 'slow', () => Date.now() - 2 * messageAgeMsMax).encodeBroadcast(
          'topic',
          aMessage('3'),
        );
        const ahead = new NoticeCodec(new KeyRing(secret), 'fast', () => Date.now() + 2 * messageAgeMsMax).encodeBroadcast(
          'topic',
          aMessage('4'),
        );
        const restarted = new NoticeCodec(new KeyRing(secret), 'sender-again', Date.now).encodeBroadcast('topic', aMessage('5'));
        for (const message of [second, first, second, old, ahead, restarted, restarted]) await publishRaw(redis, channel, message);
        await eventually(() => assert.deepEqual(received, [aMessage('2'), aMessage('5')]));
        await eventually(() => assert.equal(other.counters.get('noticesDropped'), 5));
      });

      it('[H-18] messages of an earlier version, without number and time, are dropped', async () => {
        const received: EphemeralMessage[] = [];
        await other.bus.onBroadcast('topic', (message) => received.push(message));
        const codec = new NoticeCodec(new KeyRing(secret), 'sender', Date.now);
        const channel = codec.channelOfTopic('topic');
        const json = JSON.stringify({ topic: 'topic', word: aMessage('1') });
        const mac = createHmac('sha256', deriveKey(secret, 'bus')).update(['1', channel, 'sender', json].join('\n')).digest('base64url');
        await publishRaw(redis, channel, `1.sender.${mac}.${json}`);
        await eventually(() => assert.equal(other.counters.get('noticesDropped'), 1));
        await publishRaw(redis, channel, codec.encodeBroadcast('topic', aMessage('2')));
        await eventually(() => assert.deepEqual(received, [aMessage('2')]));
      });

      it('[R3] deployments with different secrets never receive each other’s messages', async () => {
        const stranger = await openInstance(redis, 'the secret of another deployment on the same Redis');
        const received = await listenToAll(stranger);
        const ours = await listenToAll(other);
        await one.bus.publish(aNotice('7', 1));
        await eventually(() => assert.equal(ours.length, 1));
        assert.deepEqual(received, []);
        assert.equal(stranger.counters.get('noticesDropped'), 0);
        await stranger.bus.close();
      });

      it('[R10] concurrent subscriptions are one command, or one for each channel on a Cluster', async () => {
        const count = 100;
        const countCommands = async () => {
          const stats = await Promise.all(redis.nodes.map(({ port }) => redisCommand(port, 'info', 'commandstats')));
          const calls = stats.flatMap((text) => [...text.matchAll(/^cmdstat_s?subscribe:calls=(\d+)/gm)]);
          return calls.reduce((sum, [, number]) => sum + Number(number), 0);
        };
        const before = await countCommands();
        const received: string[] = [];
        const names = Array.from({ length: count }, (_, index) => `many-${index}`);
        await Promise.all(names.map((name) => other.bus.subscribe(name, ({ orgId }) => received.push(orgId))));
        assert.equal((await countCommands()) - before, redis.publishCommand === 'publish' ? 1 : count);
        for (const name of names) await one.bus.publish(aNotice(name, 1));
        await eventually(() => assert.deepEqual(received.toSorted(), names.toSorted()));
      });

      it('[1.4] two processes share their counts over Redis, and count separately while it is down', async () => {
        const script = "return redis.call('incrby', KEYS[1], ARGV[1])";
        const count = ({ bus }: Instance, key: string) => bus.scripts.eval(script, { keys: [key], arguments: ['2'] });
        for (const orgId of orgIds) {
          // On a busy machine a reply may be late. Repeat with another key, since the count may
          // have been added.
          await eventually(async () => {
            const key = `of:${orgId}:${randomUUID()}`;
            assert.equal(await count(one, key), 2);
            assert.equal(await count(other, key), 4);
          });
        }
        const failures = one.counters.get('sharedCountFailures');
        for (const node of redis.nodes) node.pause();
        try {
          const startedAt = performance.now();
          await assert.rejects(count(one, 'of:1'), /no response within 25 ms/);
          assert.ok(performance.now() - startedAt < 500, 'it waited for Redis');
          assert.equal(one.bus.scripts.isReady, false, 'the next call would wait too');
          assert.equal(one.counters.get('sharedCountFailures'), failures + 1);
        } finally {
          for (const node of redis.nodes) node.resume();
        }
        await eventually(() => assert.ok(one.bus.scripts.isReady, 'it still counts alone'));
      });

      it('[R3] the bus subscribes again and reports a suspected gap when its subscriber connections are killed', async () => {
        const received = await listenToAll(other);
        for (const { port } of redis.nodes) await redisCommand(port, 'client', 'kill', 'type', 'pubsub');
        // Once when the loss is noticed and once when the connection is restored.
        await eventually(() => assert.ok(other.gaps() >= 2, 'the loss was not noticed'));
        await isUp(other.bus);
        await assertAllReceived(received, 1);
      });

      it('[R4] the bus works without Redis while it is down, and receives again when it is back', async () => {
        const received = await listenToAll(other);
        const atSender = await listenToAll(one);
        const last = redis.nodes.at(-1)!;
        await last.kill();
        await Promise.all([isDown(one.bus), isDown(other.bus)]);
        const lost = one.counters.get('publishFailures');
        await one.bus.publish(aNotice('7', 1));
        assert.deepEqual(atSender.at(-1), aNotice('7', 1), 'its own listeners still receive it');
        assert.equal(one.counters.get('publishFailures'), lost + 1);
        // An organization that is subscribed to during the outage is subscribed to in Redis
        // afterwards.
        const late: RevisionNotice[] = [];
        await other.bus.subscribe('late', (notice) => late.push(notice));
        const gaps = other.gaps();

        await last.restart();
        await Promise.all([isUp(one.bus), isUp(other.bus)]);
        assert.ok(other.gaps() > gaps, 'a gap must be suspected after an outage');
        await assertAllReceived(received, 2);
        await assertReceived(one.bus, 'late', late, 1);
      });

      it('[R3] the bus detects a frozen Redis by a timeout, and recovers when Redis continues', async () => {
        const received = await listenToAll(other);
        const last = redis.nodes.at(-1)!;
        last.pause();
        try {
          await Promise.all([isDown(one.bus), isDown(other.bus)]);
        } finally {
          last.resume();
        }
        await Promise.all([isUp(one.bus), isUp(other.bus)]);
        await assertAllReceived(received, 1);
      });
    });
  });
}

/**
 * Publishes over a separate connection. On a Cluster, the node that has the channel accepts it, and
 * the others refuse.
 */
async function publishRaw({ nodes, publishCommand }: RedisUnderTest, channel: string, message: string): Promise<void> {
  const answers = await Promise.allSettled(nodes.map(({ port }) => redisCommand(port, publishCommand, channel, message)));
  assert.ok(
    answers.some(({ status }) => status === 'fulfilled'),
    'no node accepted the message',
  );
}
