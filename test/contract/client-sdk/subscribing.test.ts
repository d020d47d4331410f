import assert from 'node:assert/strict';
import { type ChangeBatch, type ConnectOptions, connect, type RollcallClient } from '@rollcall/client';
import { formatOrgRevision } from '@rollcall/protocol';
import { eventually } from '../../support/eventually.ts';
import { aMember, anOrganization, aTeam, aTeamMember, forget, put, remove } from '../../unit/client-sdk/records.ts';
import { TinyServer } from './tiny-server.ts';

const epoch = '00000000-0000-4000-8000-000000000000';

describe('a client that subscribes to an organization (against a tiny server)', () => {
  let server: TinyServer;
  let client: RollcallClient;

  function open(options: ConnectOptions = {}) {
    client = connect({ url: server.url, token: 'secret', ...options });
    return client.organization('acme');
  }

  beforeEach(async () => {
    server = await TinyServer.open(anOrganization(), aMember('1', { orgRole: 'owner' }), aTeam('5'));
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  it('the client is ready once it has the complete and current state', async () => {
    const org = open();
    assert.deepEqual(org.status, { phase: 'loading', revision: null, fresh: false, loading: null, reason: null });
    assert.deepEqual(org.state.teams, []);
    await org.ready();
    assert.deepEqual(org.status, { phase: 'live', revision: 10, fresh: true, loading: null, reason: null });
    assert.deepEqual(client.status, { phase: 'connected', reason: null, redisDown: false });
    assert.equal(org.state.organization?.slug, 'acme');
    assert.deepEqual(
      org.state.teams.map(({ slug }) => slug),
      ['team-5'],
    );
    assert.deepEqual(server.handshakes, [{ token: 'secret', v: 1 }]);
  });

  it('the client emits events only after the state contains the change, and all events of one step together', async () => {
    const org = open();
    await org.ready();
    const seen: unknown[] = [];
    org.on('team.created', (event) => seen.push([event.type, event.revision, org.state.teams.length, org.state.teamMembers.length]));
    org.on('team.memberJoined', (event) => seen.push([event.type, event.after.memberId, org.state.teamMembers.length]));
    org.on('change', ({ events, cause, revision }) => seen.push([cause, revision, events.length]));
    org.subscribe(() => seen.push('subscriber'));
    server.write(put(aTeam('6')), put(aTeamMember('6', '1')));
    await eventually(() => assert.ok(seen.includes('subscriber'), 'the subscriber was not called'));
    assert.deepEqual(seen, [['team.created', 11, 2, 1], ['team.memberJoined', '1', 1], ['step', 11, 2], 'subscriber']);
  });

  it('the client returns the same state until it changes, and selections are called only for changes of their own', async () => {
    const org = open();
    await org.ready();
    const teams = org.select((state) => state.teams);
    let calls = 0;
    teams.subscribe(() => calls++);
    const { state } = org;
    const before = teams.get();
    server.write(put(aMember('2')));
    await eventually(() => assert.equal(org.status.revision, 11));
    assert.notEqual(org.state, state);
    assert.equal(org.state, org.state);
    assert.equal(teams.get(), before);
    server.write(remove(aTeam('5')));
    await eventually(() => assert.equal(calls, 1));
    assert.deepEqual(teams.get(), []);
  });

  it('can() is evaluated on the replica, and returns the revision and the freshness', async () => {
    const org = open();
    assert.deepEqual(org.can({ userId: '1001' }, 'org:admin'), { allowed: false, why: 'no-copy', revision: null, fresh: false });
    await org.ready();
    assert.deepEqual(org.can({ userId: '1001' }, 'org:admin'), { allowed: true, why: 'org-role', revision: 10, fresh: true });
    server.write(put(aMember('1', { orgRole: 'member' })));
    await org.waitFor(11);
    assert.deepEqual(org.can({ email: 'm1@example.com' }, 'org:admin'), {
      allowed: false,
      why: 'missing-scope',
      revision: 11,
      fresh: true,
    });
  });

  describe('waitFor', () => {
    it('[W7] waitFor resolves once the state contains the revision that a command returned', async () => {
      const org = open();
      await org.ready();
      setTimeout(() => server.write(put(aTeam('6'))), 20);
      await org.waitFor(formatOrgRevision({ epoch, revision: 11 }));
      assert.equal(org.state.teams.length, 2);
    });

    it('[W7] waitFor pings at once if nothing visible happened at that revision', async () => {
      const org = open({ leaseMs: 60_000 });
      await org.ready();
      server.revision = 12;
      await org.waitFor(12, { signal: AbortSignal.timeout(2_000) });
      assert.equal(org.state.revision, 12);
    });

    it('[W7] the client sends one ping for all waiting calls, and another if the expected pong is too old', async () => {
      const org = open({ leaseMs: 60_000 });
      await org.ready();
      const before = server.pingCount;
      server.revision = 12;
      const first = Array.from({ length: 20 }, () => org.waitFor(12));
      await new Promise(setImmediate);
      server.revision = 13;
      await Promise.all([...first, org.waitFor(13, { signal: AbortSignal.timeout(900) })]);
      assert.ok(server.pingCount - before <= 2);
    });

    it('[W7] waitFor does not trust a replica that the server invalidated with resync', async () => {
      const org = open();
      await org.ready();
      server.send('resync', { org: '1', reason: 'slow' });
      await eventually(() => assert.equal(org.status.phase, 'stale'));
      let isThere = false;
      const waiting = org.waitFor(10).then(() => {
        isThere = true;
      });
      await new Promise(setImmediate);
      assert.equal(isThere, false);
      server.sendSnapshot();
      await waiting;
    });

    it('waitFor rejects when its signal aborts, on close and when access ends', async () => {
      const org = open();
      await org.ready();
      await assert.rejects(org.waitFor(99, { signal: AbortSignal.timeout(20) }), { code: 'aborted' });
      await assert.rejects(org.waitFor('nonsense'), TypeError);
      await assert.rejects(org.waitFor(null), TypeError);
      const waiting = org.waitFor(99);
      server.revoke('removed');
      await assert.rejects(waiting, { code: 'denied' });
      await assert.rejects(org.waitFor(1), { code: 'denied' });
    });
  });

  describe('a lost or unreadable message', () => {
    it('[R8] the client catches up from its cursor when a step was lost', async () => {
      const org = open();
      await org.ready();
      server.writeAndLose(put(aTeam('6')));
      server.write(put(aTeam('7')));
      await org.waitFor(12);
      assert.equal(org.state.teams.length, 3);
      assert.equal(server.subscriptions.at(-1)?.cursor, 'at-10');
      assert.equal(server.subscriptions.at(-1)?.org, '1');
    });

    it('[F3] the client detects a lost last step by the checksum, reports it, and emits the differences', async () => {
      const org = open({ leaseMs: 150 });
      const reports: string[] = [];
      client.on('report', ({ kind }) => reports.push(kind));
      await org.ready();
      const batches: ChangeBatch[] = [];
      org.on('change', (batch) => batches.push(batch));
      server.writeAndLose(put(aTeam('6')));
      await eventually(() => assert.equal(batches.length, 1));
      assert.deepEqual(
        [batches[0]?.cause, batches[0]?.events.map(({ type }) => type), reports],
        ['snapshot', ['team.created'], ['checksum']],
      );
      assert.equal(server.subscriptions.at(-1)?.cursor, undefined);
      await eventually(() => assert.equal(org.status.phase, 'live'));
    });

    for (const [what, event, payload] of [
      ['a step that cannot be read', 'step', { org: '1', from: 'ten' }],
      ['an unknown op', 'step', { org: '1', from: 10, to: 11, cursor: 'x', changes: [{ op: 'swap', kind: 'team', id: '5' }] }],
      ['a frame without an organization', 'snapshot', 'garbage'],
    ] as const) {
      it(`the client starts over without a cursor after ${what}`, async () => {
        const org = open();
        await org.ready();
        server.send(event, payload);
        await eventually(() => assert.equal(server.subscriptions.length, 2));
        assert.equal(server.subscriptions[1]?.cursor, undefined);
        await eventually(() => assert.equal(org.status.phase, 'live'));
      });
    }

    it('the client ignores unknown events, fields and kinds', async () => {
      const org = open();
      await org.ready();
      server.send('news', { org: '1' });
      const thing = { kind: 'thing', id: 'x', record: { id: 'x', colour: 'red' } };
      server.write(put(thing));
      await org.waitFor(11);
      assert.deepEqual(org.state.others.thing, [{ id: 'x', colour: 'red' }]);
      assert.equal(server.subscriptions.length, 1);
    });

    it('the client keeps the old state readable until the snapshot of a resync is complete', async () => {
      const org = open();
      await org.ready();
      server.writeAndLose(remove(aTeam('5')));
      server.send('resync', { org: '1', reason: 'slow' });
      await eventually(() => assert.equal(org.status.phase, 'stale'));
      assert.equal(org.state.teams.length, 1);
      server.sendSnapshot();
      await eventually(() => assert.equal(org.status.phase, 'live'));
      assert.equal(org.state.teams.length, 0);
    });
  });

  it('[F1] the client accepts a pong in pieces, of which the last one contains its organization', async () => {
    server.sendsPongPieces = true;
    const org = open({ leaseMs: 300 });
    await org.ready();
    const phases: string[] = [];
    org.on('status', ({ after }) => phases.push(after.phase));
    const { pingCount } = server;
    await eventually(() => assert.ok(server.pingCount > pingCount + 6, 'two leases have not passed yet'));
    assert.deepEqual([org.status.phase, phases], ['live', []]);
  });

  it('the client reports that Redis is down while pongs contain that, also with unknown fields', async () => {
    const org = open({ leaseMs: 60 });
    await org.ready();
    const received: boolean[] = [];
    client.on('status', ({ after }) => received.push(after.redisDown));
    let calls = 0;
    client.subscribe(() => calls++);
    server.pongExtra = { bus: 'redis-down' };
    await eventually(() => assert.deepEqual(client.status, { phase: 'connected', reason: null, redisDown: true }));
    const { status } = client;
    const { pingCount } = server;
    await eventually(() => assert.ok(server.pingCount > pingCount + 2, 'it stopped sending pings'));
    assert.equal(client.status, status, 'the same object until it changes');
    server.pongExtra = { bus: 'redis-slow' };
    await eventually(() => assert.equal(client.status.redisDown, false));
    assert.deepEqual([received, calls, org.status.phase], [[true, false], 2, 'live']);
  });

  it('the client reports nothing about Redis while it is disconnected', async () => {
    const org = open({ leaseMs: 60 });
    await org.ready();
    server.pongExtra = { bus: 'redis-down' };
    await eventually(() => assert.equal(client.status.redisDown, true));
    server.goodbye('draining', [60_000, 60_000]);
    await eventually(() => assert.deepEqual(client.status, { phase: 'reconnecting', reason: 'draining', redisDown: false }));
  });

  describe('a lost connection', () => {
    it('the client reconnects with the same credential and its cursor', async () => {
      const org = open();
      await org.ready();
      const phases: string[] = [];
      org.on('status', ({ after }) => phases.push(after.phase));
      server.hangUp();
      await eventually(() => assert.deepEqual(phases, ['reconnecting', 'live']));
      assert.equal(server.subscriptions.at(-1)?.cursor, 'at-10');
    });

    it('[H-38] the client reconnects within half a second after losing a working connection, regardless of earlier losses', async () => {
      const org = open();
      await org.ready();
      // The listener records the delays, because the client may reconnect before a loop would look
      // again.
      const delays: number[] = [];
      client.subscribe(() => {
        const { nextTryInMs } = client;
        if (client.status.phase === 'reconnecting' && nextTryInMs !== null) delays.push(nextTryInMs);
      });
      let pings = 0;
      for (let loss = 0; loss < 8; loss++) {
        await eventually(() => assert.ok(org.status.phase === 'live' && server.pingCount > pings, 'not live again'));
        pings = server.pingCount;
        server.hangUp();
        await eventually(() => assert.ok(delays.length > loss, 'the client schedules no reconnect'));
        assert.ok(delays.at(-1)! <= 500, `the client waits ${delays.at(-1)} ms after ${loss + 1} losses`);
      }
    });

    it('the client calls its token function for each connection', async () => {
      let count = 0;
      const org = open({ token: async () => `token-${++count}` });
      await org.ready();
      server.hangUp();
      await eventually(() =>
        assert.deepEqual(
          server.handshakes,
          ['token-1', 'token-2'].map((token) => ({ token, v: 1 })),
        ),
      );
    });

    it('[F2] the client becomes stale when its lease ends, and reports that', async () => {
      const org = open({ leaseMs: 100 });
      await org.ready();
      server.answersPings = false;
      let calls = 0;
      org.subscribe(() => calls++);
      await eventually(() => assert.deepEqual(org.status, { phase: 'stale', revision: 10, fresh: false, loading: null, reason: null }));
      await eventually(() => assert.ok(calls > 0, 'the listener was not called'));
      assert.equal(org.can({ userId: '1001' }, 'org:admin').fresh, false);
      server.answersPings = true;
      await eventually(() => assert.equal(org.status.phase, 'live'));
    });

    it('[R10] the client waits within the range that a draining server requested', async () => {
      const org = open();
      await org.ready();
      const leftAt = performance.now();
      server.goodbye('draining', [150, 250]);
      await eventually(() => assert.deepEqual(client.status, { phase: 'reconnecting', reason: 'draining', redisDown: false }));
      await eventually(() => assert.equal(server.handshakes.length, 2));
      assert.ok(performance.now() - leftAt >= 149);
      await eventually(() => assert.equal(org.status.phase, 'live'));
    });

    it('the client subscribes only once after a goodbye that preceded the reply', async () => {
      server.answersSubscriptions = false;
      const reports: string[] = [];
      const org = open();
      client.on('report', ({ kind }) => reports.push(kind));
      await eventually(() => assert.equal(server.subscriptions.length, 1));
      server.answersSubscriptions = true;
      server.goodbye('draining', [10, 20]);
      await org.ready();
      assert.deepEqual([server.handshakes.length, server.subscriptions.length, reports], [2, 2, []]);
    });

    it('the client stays closed if a listener closes it when the connection is lost', async () => {
      const org = open();
      await org.ready();
      client.on('status', ({ after }) => after.phase === 'reconnecting' && client.close());
      server.goodbye('draining', [0, 0]);
      await eventually(() => assert.equal(client.status.phase, 'closed'));
      // This client connects after any client that would have reconnected at once.
      using later = connect({ url: server.url, token: 'later' });
      await later.organization('acme').ready();
      assert.deepEqual([client.status.phase, server.handshakes.length], ['closed', 2]);
    });
  });

  describe('the end of access', () => {
    it('[A6] a denial rejects ready() and leaves the state empty', async () => {
      server.isDenying = true;
      const org = open();
      await assert.rejects(org.ready(), { code: 'denied' });
      assert.deepEqual(org.status, { phase: 'denied', revision: null, fresh: false, loading: null, reason: 'denied' });
      assert.notEqual(client.organization('acme'), org);
    });

    it('[A2] a revocation wipes the replica before the event', async () => {
      const org = open();
      await org.ready();
      const seen: unknown[] = [];
      org.on('access.revoked', ({ reason, revision }) => seen.push([reason, revision, org.state.members.length, org.state.revision]));
      org.on('member.removed', () => seen.push('member.removed'));
      server.revoke('removed');
      await eventually(() => assert.equal(org.status.phase, 'revoked'));
      assert.deepEqual(seen, [['removed', 11, 0, null]]);
      assert.equal(org.can({ userId: '1001' }, 'org:read').allowed, false);
    });

    it('[S-19] [A4] a denial after a reconnect wipes the replica', async () => {
      const org = open();
      await org.ready();
      const reasons: string[] = [];
      org.on('access.revoked', ({ reason }) => reasons.push(reason));
      server.isDenying = true;
      server.hangUp();
      await eventually(() => assert.deepEqual(reasons, ['denied']));
      assert.equal(org.state.organization, null);
    });

    it('[A3] narrower rights report the records as hidden, and not as removed', async () => {
      const org = open();
      await org.ready();
      const types: string[] = [];
      org.on('change', ({ events }) => types.push(...events.map(({ type }) => type)));
      server.state.remove('team', '5');
      server.revision = 11;
      server.send('step', { org: '1', from: 10, to: 11, cursor: 'at-11', view: true, changes: [forget(aTeam('5'))] });
      await org.waitFor(11);
      assert.deepEqual(types, ['access.changed']);
      assert.deepEqual(org.state.teams, []);
    });

    it('[A5] the end of the credential wipes every replica, and the client never reconnects', async () => {
      const org = open();
      await org.ready();
      server.goodbye('credential-revoked', null);
      await eventually(() => assert.deepEqual(client.status, { phase: 'closed', reason: 'credential-revoked', redisDown: false }));
      assert.deepEqual(org.status, { phase: 'closed', revision: null, fresh: false, loading: null, reason: 'credential-revoked' });
      await assert.rejects(org.ready(), { code: 'unauthenticated' });
      assert.throws(() => client.organization('acme'), { code: 'unauthenticated' });
      assert.equal(server.handshakes.length, 1);
    });
  });

  describe('a refused handshake', () => {
    it('the refusal is final for a fixed token', async () => {
      server.refusal = { code: 'unauthenticated' };
      const org = open();
      await assert.rejects(org.ready(), { code: 'unauthenticated' });
      assert.deepEqual(client.status, { phase: 'closed', reason: 'unauthenticated', redisDown: false });
      assert.equal(server.handshakes.length, 1);
    });

    it('the client calls a token function again, and closes after five refused tokens', async () => {
      server.refusal = { code: 'expired' };
      const org = open({ token: () => 'old' });
      await assert.rejects(org.ready({ signal: AbortSignal.timeout(15_000) }), { code: 'unauthenticated' });
      assert.equal(server.handshakes.length, 5);
    }).timeout(20_000);

    it('the client drops the replica if the cookie belongs to another person when it reconnects', async () => {
      server.identity = 'user:1';
      client = connect({ url: server.url });
      const org = client.organization('acme');
      const endings: string[] = [];
      org.on('access.revoked', ({ reason }) => endings.push(reason));
      await org.ready();
      server.hangUp();
      await eventually(() => assert.deepEqual([server.subscriptions.length, org.status.phase], [2, 'live']));
      assert.deepEqual(endings, []);
      server.identity = 'user:2';
      server.hangUp();
      await eventually(() => assert.deepEqual([endings, org.status.phase], [['identity-changed'], 'live']));
      assert.equal(server.subscriptions.at(-1)!.cursor, undefined);
    });

    it('the client succeeds with the second token', async () => {
      server.refusal = { code: 'expired' };
      const tokens = ['old', 'new'];
      const org = open({
        token: () => {
          const token = tokens.shift()!;
          if (token === 'new') server.refusal = null;
          return token;
        },
      });
      await org.ready();
    });

    it('the client resets its retry count after a successful connection', async () => {
      const org = open({
        token: () => {
          server.refusal = server.handshakes.length % 2 === 0 ? { code: 'expired' } : null;
          return 'secret';
        },
      });
      await org.ready();
      server.hangUp();
      await eventually(() => assert.equal(server.handshakes.length, 4));
      await eventually(() => assert.equal(org.status.phase, 'live'));
    });

    it('the refusal is final for another version of the wire protocol', async () => {
      server.refusal = { code: 'unsupported-version' };
      const org = open({ token: () => 'any' });
      await assert.rejects(org.ready(), { code: 'invalid' });
      assert.equal(server.handshakes.length, 1);
    });

    it('[R10] the client tries again within the range that an overloaded server requested', async () => {
      server.refusal = { code: 'overloaded', retryAfterMs: [600, 700] };
      const org = open();
      await eventually(() => assert.deepEqual(client.status, { phase: 'connecting', reason: 'overloaded', redisDown: false }));
      const refusedAt = performance.now();
      server.refusal = null;
      await org.ready();
      // The usual backoff would be below 500 ms.
      assert.ok(performance.now() - refusedAt >= 580);
      assert.equal(server.handshakes.length, 2);
    });

    it('the client tries again if the token function failed', async () => {
      let count = 0;
      const org = open({
        token: () => {
          if (count++ === 0) throw new Error('no network');
          return 'secret';
        },
      });
      await org.ready();
    });
  });

  describe('listeners and handles', () => {
    it('a listener that throws does not affect others, and its error is reported', async () => {
      const errors: unknown[] = [];
      const org = open({ onError: (error) => errors.push(error) });
      await org.ready();
      const fault = new Error('a bug of the application');
      org.on('team.created', () => {
        throw fault;
      });
      let calls = 0;
      org.on('team.created', () => calls++);
      server.write(put(aTeam('6')));
      await org.waitFor(11);
      assert.deepEqual([errors, calls, org.status.phase], [[fault], 1, 'live']);
    });

    it('a listener is removed by the function that on() returned, and by its signal', async () => {
      const org = open();
      await org.ready();
      let calls = 0;
      const controller = new AbortController();
      org.on('change', () => calls++, { signal: controller.signal });
      const stop = org.on('change', () => calls++);
      server.write(put(aTeam('6')));
      await org.waitFor(11);
      stop();
      controller.abort();
      server.write(put(aTeam('7')));
      await org.waitFor(12);
      assert.equal(calls, 2);
    });

    it('a listener may close the handle in the middle of a step', async () => {
      const org = open();
      await org.ready();
      const seen: string[] = [];
      org.on('team.created', () => org.close());
      org.on('change', () => seen.push('change'));
      server.write(put(aTeam('6')));
      await eventually(() => assert.equal(org.status.phase, 'closed'));
      assert.deepEqual(org.state.teams, []);
      await eventually(() => assert.equal(server.subscriberCount, 0));
    });

    it('two calls with one name return the same handle, and closing it unsubscribes', async () => {
      const org = open();
      assert.equal(client.organization('acme'), org);
      assert.throws(() => client.organization('acme', { collections: ['teams'] }), { code: 'invalid' });
      await org.ready();
      org.close();
      await eventually(() => assert.equal(server.subscriberCount, 0));
      const again = client.organization('acme');
      assert.notEqual(again, org);
      await again.ready();
    });

    it('an organization requested by slug and by id has two handles, and closing one keeps the other open', async () => {
      const bySlug = open();
      await bySlug.ready();
      const byId = client.organization('1');
      await byId.ready();
      bySlug.close();
      // Several, so that an unsubscription would have arrived with the last.
      for (const id of ['6', '7', '8', '9']) {
        server.write(put(aTeam(id)));
        await byId.waitFor(server.revision, { signal: AbortSignal.timeout(2_000) });
      }
      assert.equal(byId.state.teams.length, 5);
    });

    it('the client requests only the given collections', async () => {
      client = connect({ url: server.url });
      const org = client.organization('acme', { collections: ['teams'] });
      await org.ready();
      assert.deepEqual(server.subscriptions, [{ org: 'acme', collections: ['teams'] }]);
      assert.deepEqual(server.handshakes, [{ v: 1 }]);
    });

    it('`using` and an aborted signal close the client', async () => {
      {
        using scoped = connect({ url: server.url, token: 'secret' });
        using org = scoped.organization('acme');
        await org.ready();
        assert.equal(server.connectionCount, 1);
      }
      await eventually(() => assert.equal(server.connectionCount, 0));
      const controller = new AbortController();
      const org = open({ signal: controller.signal });
      const ready = org.ready();
      controller.abort();
      await assert.rejects(ready, { code: 'aborted' });
      assert.deepEqual(client.status, { phase: 'closed', reason: 'closed', redisDown: false });
    });

    it('two clients share no state', async () => {
      const org = open();
      await org.ready();
      const other = connect({ url: server.url, token: 'other' });
      await other.organization('acme').ready();
      assert.equal(server.connectionCount, 2);
      other.close();
      await eventually(() => assert.equal(server.connectionCount, 1));
      assert.equal(org.status.phase, 'live');
    });
  });
});
