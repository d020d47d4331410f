import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Route } from '../../server/src/http/route.ts';
import { routes } from '../../server/src/http/routes.ts';
import { eventually } from '../support/eventually.ts';
import { type RequestOptions, startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';
import { anOwnerAccount, aWholeOrganization, nameOf, type WholeOrganization } from './whole-organization.ts';
import { fillIn, namesOf, parametersOf, writingRoutes } from './writing-routes.ts';

/** A user who requests to join is not yet a member of any organization. */
const openToStrangers = new Set(['POST /organizations/:org/join-request/']);

/**
 * Tables whose rows change by themselves: counted attempts, queued mails, background refreshes, and
 * events of refusals.
 */
const tablesOfTheServer = new Set(['attempt_limits', 'mail_outbox', 'pending_refreshes', 'security_events']);

describe('[S-01] [S-03] a reference to a record of another organization', () => {
  // The longest routes have some 60 calls.

  let server: TestServer;
  let ours: WholeOrganization;
  let theirs: WholeOrganization;
  let credentials: readonly RequestOptions[];
  let replicas: readonly WireReplica[];

  before(async () => {
    server = await startServer();
    ours = await aWholeOrganization(server, await anOwnerAccount(server));
    theirs = await aWholeOrganization(server, await anOwnerAccount(server));
    const tokenBody = { name: 'all of it', scopes: ['org:admin', 'member:admin', 'team:admin', 'project:admin', 'org:write'] };
    const orgToken = await server.operate('POST', `/organizations/${ours.id}/tokens/`, tokenBody);
    assert.equal(orgToken.status, 201, JSON.stringify(orgToken.body));
    credentials = [{ token: ours.owner.token }, { cookie: ours.owner.cookie }, { token: orgToken.body.token }];
    replicas = await Promise.all([ours, theirs].map(({ owner, slug }) => WireReplica.open(server.url, owner.token, slug)));
    for (const replica of replicas) replica.frames.length = 0;
    await eventually(async () => assert.deepEqual(await server.services.db.selectFrom('pending_refreshes').selectAll().execute(), []));
  });
  after(async () => {
    for (const replica of replicas ?? []) replica.close();
    await server?.stop();
  });

  /** A digest of every table's rows, without the times at which credentials were last used. */
  async function fingerprint(): Promise<Record<string, string>> {
    const { db } = server.services;
    const { rows: tables } = await sql<{
      name: string;
    }>`select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'instances'`.execute(db);
    const prints: Record<string, string> = {};
    for (const { name } of tables.filter((table) => !tablesOfTheServer.has(table.name))) {
      const { rows } = await sql<{ print: string }>`
        select md5(coalesce(string_agg(r, ',' order by r), '')) as print
        from (select (to_jsonb(t) - 'date_last_used')::text as r from ${sql.table(name)} t) x`.execute(db);
      prints[name] = rows[0]!.print;
    }
    return prints;
  }

  async function assertRefused(method: string, path: string, body?: unknown): Promise<void> {
    for (const credential of credentials) {
      const answer = await server.request(method, path, { ...credential, ...(body === undefined ? {} : { body }) });
      const call = `${method} ${path} ${JSON.stringify(body ?? null)}: ${answer.status} ${JSON.stringify(answer.body)}`;
      assert.ok([400, 401, 403, 404].includes(answer.status), call);
      for (const secret of [nameOf(theirs.slug), nameOf(theirs.team.slug), nameOf(theirs.project.slug), theirs.owner.email]) {
        assert.ok(!JSON.stringify(answer.body).includes(secret), `${call} reveals another organization`);
      }
    }
  }

  const rowOf = ({ method, path }: Route) => {
    const row = writingRoutes[`${method} ${path}`];
    return typeof row === 'function' ? row(ours) : {};
  };

  for (const route of routes.filter(({ method, path }) => path.includes(':') && !openToStrangers.has(`${method} ${path}`))) {
    const { method, path } = route;
    it(`[V8.2.2] [V8.3.1] gets a rejection from ${method} ${path}`, async () => {
      const { params = {}, body } = rowOf(route);
      const before = await fingerprint();
      for (const swapped of swapsOf(path)) await assertRefused(method, fillIn(path, { ...params, ...swapped }), body);
      assert.deepEqual(await fingerprint(), before);
    });
  }

  /** Replaces each parameter alone in each spelling, and all remaining parameters together. */
  function swapsOf(path: string): Record<string, string>[] {
    const names = parametersOf(path);
    const own = Object.fromEntries(names.map((name) => [name, namesOf(ours, path, name)[0]!]));
    const foreign = Object.fromEntries(names.map((name) => [name, namesOf(theirs, path, name)[0]!]));
    const alone = names.flatMap((name) => namesOf(theirs, path, name).map((value) => ({ ...own, [name]: value })));
    const allButOne = names.map((name) => ({ ...foreign, [name]: own[name]! }));
    // An invite's token admits every holder, from any organization.
    const all = names.includes('token') ? [] : [foreign];
    return names.length > 1 ? [...alone, ...allButOne, ...all] : alone;
  }

  it('[S-12] [V8.4.1] gets a rejection in every body that can contain it', async () => {
    const before = await fingerprint();
    for (const route of routes) {
      const { params = {}, foreignBodies } = rowOf(route);
      if (!foreignBodies) continue;
      const own = Object.fromEntries(parametersOf(route.path).map((name) => [name, namesOf(ours, route.path, name)[0]!]));
      for (const body of foreignBodies(theirs)) await assertRefused(route.method, fillIn(route.path, { ...own, ...params }), body);
    }
    await assertRefused('DELETE', '/api/0/api-tokens/', { tokenId: theirs.owner.tokenId });
    assert.deepEqual(await fingerprint(), before);
  });

  it('gets a rejection when a subscriber uses it, by slug and by id', async () => {
    const connection = await WireReplica.connect(server.url, ours.owner.token);
    for (const org of [theirs.slug, theirs.id]) {
      const { mode } = await connection.subscribe(org);
      assert.equal(mode, 'denied', org);
    }
    connection.close();
  });

  it('gets a rejection from the operator API', async () => {
    const stranger = theirs.people.member;
    const before = await fingerprint();
    const added = await server.operate('POST', `/organizations/${ours.id}/members/`, {
      userId: stranger.userId,
      teams: [theirs.team.slug],
    });
    const revoked = await server.operate('DELETE', `/users/${ours.owner.userId}/tokens/${stranger.tokenId}/`);
    assert.deepEqual([added.status, revoked.status], [400, 404], JSON.stringify([added.body, revoked.body]));
    assert.deepEqual(await fingerprint(), before);
  });

  it('[V8.4.1] causes no push to any subscriber', async () => {
    for (const replica of replicas) {
      const { revision: position } = replica;
      replica.ping();
      await eventually(() =>
        assert.ok(
          replica.frames.some(({ event }) => event === 'pong'),
          'no pong arrived',
        ),
      );
      assert.deepEqual([replica.revision, replica.frames.filter(({ event }) => event !== 'pong')], [position, []]);
    }
  });
});
