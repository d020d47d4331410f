import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { startSweeps } from '../../server/src/compose/start-sweeps.ts';
import { DuePolls } from '../../server/src/database/due-polls.ts';
import { userActor } from '../../server/src/domain/actor.ts';
import type { Caller } from '../../server/src/identity/caller.ts';
import type { Connection } from '../../server/src/socket/connection.ts';
import { Connections } from '../../server/src/socket/connections.ts';
import { sessionsSweep } from '../../server/src/write-path/users/sessions/sessions-sweep.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { type Account, anAccount, goodPassword, logIn } from '../support/log-in.ts';
import { nextNumber } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** The protocol promises one second. A busy machine may take longer. */
const endsWithinMs = 2_000;

describe('a session on two instances', () => {
  let instances: Instances;
  let first: TestServer;
  let second: TestServer;
  let account: Account;
  let slug: string;

  before(async () => {
    // Each instance has a bus of its own. It finds the other's changes in the log, which is the
    // slower way.
    instances = await startInstances(2);
    [first, second] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    account = await anAccount(first);
    const cookie = await logIn(first, account);
    slug = (await first.request('POST', '/api/0/organizations/', { cookie, body: { name: `Org ${nextNumber()}` } })).body.slug;
  });

  const openReplica = (server: TestServer, cookie: string) => WireReplica.open(server.url, { cookie }, slug);
  const closes = (replica: WireReplica, reason: string) =>
    eventually(
      () => {
        assert.equal(replica.socket.connected, false);
        assert.deepEqual(replica.frames.at(-1), { event: 'goodbye', payload: { reason, retryAfterMs: null } });
      },
      { timeoutMs: endsWithinMs },
    );

  it('[S-14] works on the other instance, and closes its sockets there when it ends', async () => {
    const [ended, kept] = [await logIn(first, account), await logIn(second, account)];
    const closing = await openReplica(second, ended);
    const staying = await openReplica(second, kept);
    const sessions = (await first.request('GET', '/api/0/auth/sessions/', { cookie: ended })).body;
    const { id } = sessions.find(({ isCurrent }: { isCurrent: boolean }) => isCurrent);
    assert.equal((await first.request('DELETE', `/api/0/auth/sessions/${id}/`, { cookie: kept })).status, 204);
    await closes(closing, 'credential-revoked');
    assert.equal(staying.socket.connected, true);
    assert.equal((await second.request('GET', '/api/0/users/me/', { cookie: ended })).status, 401);
    await assert.rejects(WireReplica.connect(second.url, { cookie: ended }), { data: { code: 'unauthenticated' } });
    staying.close();
  });

  it('[S-14] closes everywhere when the user logs out everywhere, or sets another password', async () => {
    const cookies = [await logIn(first, account), await logIn(second, account)];
    const replicas = [await openReplica(first, cookies[0]!), await openReplica(second, cookies[1]!)];
    assert.equal((await first.request('POST', '/api/0/auth/logout-all/', { cookie: cookies[1]! })).status, 204);
    await Promise.all(replicas.map((replica) => closes(replica, 'credential-revoked')));

    const [changing, other] = [await logIn(first, account), await logIn(first, account)];
    const [staying, closing] = [await openReplica(second, changing), await openReplica(second, other)];
    const body = { password: goodPassword, newPassword: 'another good password' };
    assert.equal((await first.request('PUT', '/api/0/auth/password/', { cookie: changing, body })).status, 204);
    await closes(closing, 'credential-revoked');
    assert.equal(staying.socket.connected, true);
    staying.close();
  });

  describe('an idle session', () => {
    const age = (days: number) =>
      first.services.db
        .updateTable('sessions')
        .set({ date_last_used: sql`clock_timestamp() - make_interval(days => ${days}::integer)` })
        .where('user_id', '=', account.id)
        .execute();
    const lastUsedDays = async () => {
      const rows = await first.services.db
        .selectFrom('sessions')
        .select(sql<number>`extract(epoch from clock_timestamp() - date_last_used)::float8 / 86400`.as('days'))
        .where('user_id', '=', account.id)
        .execute();
      return rows.map(({ days }) => Math.round(days));
    };

    it('[H-10] ends by the sweep of one instance, and its sockets close at the other', async () => {
      const replica = await openReplica(second, await logIn(first, account));
      await age(15);
      await sessionsSweep(first.services.writePath, 14).run();
      await closes(replica, 'credential-revoked');
      assert.deepEqual(await lastUsedDays(), []);
    });

    it('[H-10] stays valid with an open socket, which counts as use; a session that was idle too long is not revived', async () => {
      const cookie = await logIn(first, account);
      const sessions = await first.services.db.selectFrom('sessions').selectAll().where('user_id', '=', account.id).execute();
      const open = new Connections();
      for (const { id, user_id, expires_at } of sessions) open.add(connectionOf(id, user_id, expires_at));
      const { writePath } = second.services;
      const { database, log } = writePath;
      const sweepUntil = async (daysLeft: readonly number[]) => {
        await using _sweeps = startSweeps(writePath, new DuePolls(database.reads, log), open, []);
        await eventually(async () => assert.deepEqual(await lastUsedDays(), daysLeft));
      };
      await age(13);
      await sweepUntil(sessions.map(() => 0));
      assert.equal((await first.request('GET', '/api/0/users/me/', { cookie })).status, 200);
      await age(15);
      await sweepUntil([]);
    });

    function connectionOf(credentialId: string, userId: string, expiresAt: string): Connection {
      const actor = userActor(userId);
      const caller: Caller = {
        actor,
        credentialId,
        expiresAt,
        session: { username: account.email, isRecentLogin: true, isRecentCode: false, recentOrgIds: null },
      };
      return { caller } as unknown as Connection;
    }
  });

  it('[S-15] closes everywhere when its user is disabled', async () => {
    const cookie = await logIn(first, account);
    const replica = await openReplica(second, cookie);
    await first.operate('PUT', `/users/${account.id}/`, { isActive: false });
    await eventually(() => assert.equal(replica.socket.connected, false), { timeoutMs: endsWithinMs });
    // Both the server's stream and the organization's report it. The one that is read first ends
    // the access.
    const last = replica.frames.at(-1)!;
    assert.deepEqual([last.event, last.payload.reason], last.event === 'revoked' ? ['revoked', 'removed'] : ['goodbye', 'user-disabled']);
    await assert.rejects(WireReplica.connect(second.url, { cookie }), { data: { code: 'unauthenticated' } });
  });

  it('[1.4] allows no more guesses on two instances than on one', async () => {
    const body = { username: account.email, password: 'x' };
    const guesses = Array.from({ length: 12 }, (_, index) => (index % 2 ? first : second).request('POST', '/api/0/auth/login/', { body }));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    assert.deepEqual([statuses.filter((status) => status === 401).length, statuses.filter((status) => status === 429).length], [10, 2]);
  });
});
