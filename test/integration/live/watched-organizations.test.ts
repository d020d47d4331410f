import assert from 'node:assert/strict';
import type { Audience } from '@rollcall/protocol';
import { sql } from 'kysely';
import { nextChain } from '../../../server/src/domain/chain.ts';
import type { LogReader } from '../../../server/src/read-path/feed/log-reader.ts';
import { logReaderOf } from '../../../server/src/read-path/feed/log-reader-database.ts';
import { Subscription } from '../../../server/src/read-path/subscriptions/subscription.ts';
import { WatchedOrganizations } from '../../../server/src/read-path/watched/watched-organizations.ts';
import { type Clock, systemClock } from '../../../server/src/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { readMetric } from '../../support/metrics.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { aViewer } from '../../support/viewers.ts';
import { WireReplica } from '../../support/wire-replica.ts';
import { aSink } from '../../unit/read-path/subscriptions.ts';

/** The lifetime of a feed, and its handling of notices that lead nowhere. */
describe('watched organizations', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  before(async () => {
    server = await startServer({ LOG_LEVEL: 'silent' });
  });
  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(() => server.stop());

  const rename = (name: string) => server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name } });
  const counted = (name: 'logReads') => server.services.writePath.counters.get(name);

  /** Without a sweep, so that only notices move their feeds. */
  function watchedOrganizations({ clock = systemClock as Clock, reader = {} as Partial<LogReader> }): WatchedOrganizations {
    const { bus, counters, log, failpoints, database } = server.services.writePath;
    const metrics = { observeDelivery: () => {} } as never;
    const ofDatabase = logReaderOf(database, { clock: systemClock, counters });
    return new WatchedOrganizations(
      { reader: { ...ofDatabase, ...reader }, clock, counters, metrics, log, failpoints },
      bus,
      { idleFeedSeconds: 30, idleFeedBytes: 1_000_000 },
      () => {},
      () => {},
    );
  }

  it('[A1] a watched organization is not closed while it is in use, after any idle time', async () => {
    const clock = new HandClock();
    const open = watchedOrganizations({ clock });
    await open.with(org.id, async () => {});
    assert.equal(open.idleUse.organizations, 1);
    await open.with(org.id, async () => {
      assert.equal(open.idleUse.organizations, 0);
      await clock.pass(60_000);
      assert.ok(open.get(org.id), 'the watched organization was closed while it was in use');
    });
    await clock.pass(29_999);
    assert.ok(open.get(org.id), 'the watched organization was closed before the idle time');
    await clock.pass(1);
    assert.equal(open.get(org.id), null);
    await open.close();
  });

  it('[R9] the estimated memory of a watched organization without subscriptions grows with the changes', async () => {
    const open = watchedOrganizations({});
    await open.with(org.id, async () => {});
    const { feed } = open.get(org.id)!.opened!;
    const { bytes } = open.idleUse;
    const changed = revisionOf(await rename('Grown'));
    await eventually(() => assert.equal(feed.head.revision, changed));
    assert.ok(open.idleUse.bytes > bytes, `${open.idleUse.bytes} bytes after ${bytes}`);
    assert.equal(open.idleUse.bytes, feed.estimatedBytes);
    await open.close();
  });

  it('[R1] a notice that arrives while the records are read is applied once the watched organization is open', async () => {
    const { readStart } = logReaderOf(server.services.writePath.database, {
      clock: systemClock,
      counters: server.services.writePath.counters,
    });
    let changed = 0;
    const open = watchedOrganizations({
      reader: {
        async readStart(orgId) {
          const start = await readStart(orgId);
          await rename('Earlier');
          changed = revisionOf(await rename('Later'));
          return start;
        },
      },
    });
    await open.with(org.id, async (watched) => {
      await eventually(() => assert.equal(watched!.feed.head.revision, changed));
      assert.equal(watched!.feed.state.organization!.name, 'Later');
    });
    await open.close();
  });

  it('[R9] watched organizations without subscriptions are closed to save memory, and those with subscriptions never', async () => {
    const small = await startServer({ LIMIT_IDLE_FEED_BYTES: '20000', LIMIT_IDLE_FEED_SECONDS: '3600' });
    try {
      const person = await aPerson(small);
      const watched = await anOrganizationOf(small, person);
      const staying = await WireReplica.open(small.url, person.token, watched.slug);
      for (let count = 0; count < 6; count++) {
        const { slug } = await anOrganizationOf(small, person);
        (await WireReplica.open(small.url, person.token, slug)).close();
      }
      await eventually(async () => assert.equal(await readMetric(small, 'rollcall_subscriptions'), 1));
      const bytes = await readMetric(small, 'rollcall_idle_feed_bytes');
      const idle = await readMetric(small, 'rollcall_idle_feeds');
      assert.ok(bytes > 0 && bytes <= 20_000, `${bytes} bytes`);
      assert.ok(idle > 0 && idle < 6, `${idle} idle feeds`);
      assert.equal(await readMetric(small, 'rollcall_feeds'), idle + 1);

      const changed = await small.request('PUT', `/api/0/organizations/${watched.slug}/`, {
        token: person.token,
        body: { name: 'Watched' },
      });
      await staying.reach(revisionOf(changed));
      staying.check();
      staying.close();
    } finally {
      await small.stop();
    }
  });

  it('[R1] a notice of a revision that is not in the log causes only a few reads', async () => {
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    const before = counted('logReads');
    await server.services.writePath.bus.publish({ orgId: org.id, revision: replica.revision + 5, chain: 'f'.repeat(16) });
    const changed = await rename('Still fed');
    await replica.reach(revisionOf(changed));
    assert.ok(counted('logReads') - before <= 4, `${counted('logReads') - before} reads`);
    replica.close();
  });

  it('[R1] a history that was replaced by a shorter one is read again, without a busy loop', async () => {
    await rename('One');
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    const { revision: position } = replica;
    await server.services.db
      .updateTable('org_heads')
      .set({ epoch: '00000000-0000-4000-8000-000000000000' })
      .where('organization_id', '=', org.id)
      .execute();
    await server.services.writePath.bus.publish({ orgId: org.id, revision: position + 5, chain: 'f'.repeat(16) });
    await eventually(() =>
      assert.ok(
        replica.frames.some(({ event }) => event === 'resync'),
        'no resync arrived',
      ),
    );
    await replica.live();
    const changed = await rename('Two');
    await replica.reach(revisionOf(changed));
    replica.check();
    replica.close();
  });

  it('[R11] a subscriber that cannot be reached keeps no other one from learning that the history changed', async () => {
    const open = watchedOrganizations({});
    const received: string[] = [];
    await open.with(org.id, async (watched) => {
      const audience: Audience = { key: 'teams', sees: new Set(['team']), hidesEmails: false };
      for (const name of ['broken', 'intact']) {
        const sink = aSink(({ event }) => {
          if (name === 'broken') throw new Error('a connection that cannot be written');
          received.push(`${name}: ${event}`);
        });
        sink.failed = () => received.push(`${name}: failed`);
        const subscription = new Subscription(org.id, aViewer({ userId: owner.userId }), owner.userId, audience, sink, watched!);
        watched!.register(subscription);
        subscription.handle({ type: 'acknowledged' });
        watched!.goLive(subscription, watched!.feed.head.revision, null);
      }
      await watched!.feed.reload();
    });
    assert.deepEqual(received, ['broken: failed', 'intact: resync']);
    await open.close();
  });

  it('[R1] a notice from before the database was restored is not applied', async () => {
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    const { bus } = server.services.writePath;
    const { chain } = await server.services.db
      .selectFrom('org_heads')
      .select('chain')
      .where('organization_id', '=', org.id)
      .executeTakeFirstOrThrow();
    const entry = { orgId: org.id, revision: replica.revision + 1, command: 'lost', actor: 'operator', requestId: null, changes: [] };
    const notice = { orgId: org.id, revision: entry.revision, chain: nextChain(chain, entry), entry };
    await bus.publish({ ...notice, epoch: '00000000-0000-4000-8000-000000000000' });
    await bus.publish(notice);
    const changed = await rename('Restored');
    assert.equal(revisionOf(changed), entry.revision);
    await replica.reach(entry.revision);
    replica.check();
    assert.ok(!replica.frames.some(({ event }) => event === 'resync'), 'the feed applied an entry that the log does not contain');
    replica.close();
  });

  it('[A6] an outsider does not cause the server to open an organization', async () => {
    const replica = await WireReplica.connect(server.url, (await aPerson(server)).token);
    const published = server.services.writePath.bus.subscribe;
    const listened: string[] = [];
    server.services.writePath.bus.subscribe = (orgId, listener) => {
      listened.push(orgId);
      return published.call(server.services.writePath.bus, orgId, listener);
    };
    try {
      assert.deepEqual(await replica.subscribe(org.id), { mode: 'denied' });
      assert.deepEqual(listened, []);
    } finally {
      server.services.writePath.bus.subscribe = published;
      replica.close();
    }
  });

  it('an unfinished subscribe gets the response to a later subscribe of the same connection', async () => {
    const replica = await WireReplica.connect(server.url, owner.token);
    const send = () => replica.socket.timeout(3_000).emitWithAck('subscribe', { org: org.slug });
    const answers = await Promise.all([send(), send(), send()]);
    for (const answer of answers) assert.equal(answer.mode, 'snapshot');
    replica.close();
  });

  it('[R5] a subscribe under a second name of an organization is not replaced by an earlier one', async () => {
    // The slug is the name that the server knows, so the later call is served first.
    const other = await WireReplica.open(server.url, owner.token, org.slug);
    const replica = await WireReplica.connect(server.url, owner.token);
    const responses: string[] = [];
    const ask = async (name: string) => {
      const { mode } = await replica.socket.timeout(3_000).emitWithAck('subscribe', { org: name });
      responses.push(name);
      return mode;
    };
    const earlier = ask(org.id).catch(() => null);
    assert.equal(await ask(org.slug), 'snapshot');
    await earlier;
    assert.equal(responses.at(-1), org.slug, 'the earlier call was served after the later one');
    await rename('Renamed');
    await eventually(() =>
      assert.ok(
        replica.frames.some(({ event }) => event === 'step'),
        'the subscription has ended',
      ),
    );
    other.close();
    replica.close();
  });

  it('[A2] a member who loses access to one of two organizations keeps the connection for the other', async () => {
    const member = await aPerson(server);
    await addMember(server, org, member, 'member');
    const other = await anOrganizationOf(server, member);
    const replica = await WireReplica.open(server.url, member.token, other.slug);
    const answer = await replica.socket.timeout(3_000).emitWithAck('subscribe', { org: org.slug });
    assert.equal(answer.mode, 'snapshot');
    const memberId = (await server.request('GET', `/api/0/organizations/${org.slug}/members/me/`, { token: member.token })).body.id;
    await server.request('DELETE', `/api/0/organizations/${org.slug}/members/${memberId}/`, { token: owner.token });
    await eventually(() =>
      assert.ok(
        replica.frames.some(({ event, payload }) => event === 'revoked' && payload.org === org.id),
        'access has not ended',
      ),
    );
    replica.ping();
    await eventually(() =>
      assert.ok(
        replica.frames.some(({ event, payload }) => event === 'pong' && payload.orgs[other.id]),
        'no pong arrived',
      ),
    );
    replica.close();
  });

  it('[R11] a pong covers the other organizations of a client when one of them cannot be read', async () => {
    const { db } = server.services;
    const bad = await anOrganizationOf(server, owner);
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    assert.equal((await replica.socket.timeout(3_000).emitWithAck('subscribe', { org: bad.slug })).mode, 'snapshot');
    const setTime = (time: string) =>
      sql`UPDATE members SET date_created = ${time}::timestamptz WHERE organization_id = ${bad.id}`.execute(db);
    // A time that no record can have, in a history that must be read again.
    await setTime('infinity');
    await sql`UPDATE org_heads SET epoch = '00000000-0000-4000-8000-000000000000' WHERE organization_id = ${bad.id}`.execute(db);
    const pongs = () => replica.frames.filter(({ event }) => event === 'pong').map(({ payload }) => Object.keys(payload.orgs));
    const untilCovered = (id: string, problem: string) =>
      eventually(
        () => {
          replica.ping();
          assert.ok(
            pongs().some((orgIds) => orgIds.includes(id)),
            problem,
          );
        },
        { intervalMs: 100 },
      );
    try {
      await untilCovered(org.id, 'no pong arrived');
      assert.ok(!pongs().flat().includes(bad.id), 'a pong covers the organization that cannot be read');
    } finally {
      await setTime('now');
    }
    await untilCovered(bad.id, 'no pong covers the organization that can be read again');
    replica.close();
  });

  it('a new replica is never older than what its connection received before', async () => {
    // The first subscriber causes the snapshot that others get for some seconds.
    (await WireReplica.open(server.url, owner.token, org.slug)).close();
    // The projects are more than one frame holds, so that later changes cannot travel with the end
    // of the snapshot.
    for (let project = 0; project < 6; project++) {
      const created = await server.request('POST', `/api/0/organizations/${org.slug}/projects/`, {
        token: owner.token,
        body: { name: `p${project}` },
      });
      const path = `/api/0/projects/${org.slug}/${created.body.slug}/`;
      const settings = { fingerprintingRules: 'x'.repeat(60 * 1024) };
      assert.equal((await server.request('PUT', path, { token: owner.token, body: settings })).status, 200);
    }
    const replica = await WireReplica.connect(server.url, owner.token);
    const answer = await replica.subscribe(org.slug);
    assert.ok(answer.mode === 'snapshot', answer.mode);
    await replica.live();
    const end = replica.frames.find(({ event }) => event === 'snapshot-end');
    assert.ok(end && end.payload.revision >= answer.revision, `${end?.payload.revision} is older than ${answer.revision}`);
    replica.check();
    replica.close();
  });
});
