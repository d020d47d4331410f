import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { sql } from 'kysely';
import { deleteOldResponses } from '../../../server/src/write-path/idempotency-sweep.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/**
 * Requests that clients do not send by accident. Each of them once caused a server error or leaked
 * data.
 */
describe('hostile requests', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });

  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.request(method, `/api/0${path}`, { token: owner.token, body, headers });
  const get = (path: string) => call('GET', path);

  it('[1.3] find nothing for a search key that every JavaScript object has', async () => {
    for (const list of ['members', 'teams', 'projects']
      .map((name) => `/organizations/${org.slug}/${name}/`)
      .concat('/organizations/', '/projects/')) {
      for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
        const { status, body } = await get(`${list}?query=${key}:x`);
        assert.deepEqual({ status, body }, { status: 200, body: [] }, `${list} ${key}`);
      }
    }
  });

  it('[1] get a rejection for an unpaired surrogate in every stored text', async () => {
    const half = '\ud83d';
    const refusal = ['Surrogate characters are not allowed: U+D83D.'];
    const put = (body: unknown) => call('PUT', `/organizations/${org.slug}/`, body);
    for (const [key, value] of [
      ['name', half],
      ['sensitiveFields', [`a${half}`]],
      ['relayPiiConfig', `{"a": "${half}"}`],
    ] as const) {
      const { status, body } = await put({ [key]: value });
      assert.deepEqual({ status, body }, { status: 400, body: { [key]: refusal } }, key);
    }
    assert.equal((await put({ slug: `a${half}bc` })).status, 400);
    assert.equal((await put({ trustedRelays: [{ name: half, publicKey: 'key' }] })).status, 400);

    const invited = await call('POST', `/organizations/${org.slug}/members/`, { email: 'half@example.com', teams: [half] });
    assert.equal(invited.status, 400);
    const added = await server.operate('POST', `/organizations/${org.id}/members/`, { userId: owner.userId, teams: [half] });
    assert.equal(added.status, 400);
  });

  it('make an import skip a line whose name contains half of a surrogate pair', async () => {
    const { status, body } = await server.request('POST', `/api/operator/organizations/${org.id}/import/`, {
      token: server.operatorToken,
      body: '{"op": "team.create", "team": "a\\ud83d"}\n',
      headers: { 'Content-Type': 'application/x-ndjson' },
    });
    assert.equal(status, 200);
    assert.deepEqual(body.skipped, [{ line: 1, reason: 'bad-operation' }]);
  });

  it('[11] get a rejection for an unknown audit event', async () => {
    const { status, body } = await get(`/organizations/${org.slug}/audit-logs/?event=%00`);
    assert.deepEqual({ status, body }, { status: 400, body: { event: ['Null characters are not allowed.'] } });
  });

  it('[1] may contain a complete surrogate pair', async () => {
    const { status, body } = await call('PUT', `/organizations/${org.slug}/`, { name: 'Org \u{1f600}' });
    assert.equal(status, 200);
    assert.equal(body.name, 'Org \u{1f600}');
  });

  it('[5.2] cannot exceed the bounds of the texts and lists in the settings, which each replica contains', async () => {
    const relay = (number: number, name = 'relay') => ({ name, publicKey: `${number}`.padStart(43, 'k') });
    const long = 'a'.repeat(900_000);
    const refusals = [
      ['relayPiiConfig', JSON.stringify({ a: long }), 'Ensure this field has no more than 65536 characters.'],
      ['sensitiveFields', [long], 'List of sensitive fields is too long.'],
      ['safeFields', new Array(5_000).fill('a'), 'List of sensitive fields is too long.'],
      ['trustedRelays', Array.from({ length: 101 }, (_, number) => relay(number)), 'Ensure this field has no more than 100 elements.'],
      ['trustedRelays', [relay(1, long)], 'Ensure this field has no more than 256 characters.'],
      ['name', long, 'Ensure this field has no more than 64 characters.'],
    ] as const;
    for (const [key, value, message] of refusals) {
      const { status, body } = await call('PUT', `/organizations/${org.slug}/`, { [key]: value });
      assert.deepEqual({ status, body }, { status: 400, body: { [key]: [message] } }, key);
    }
    const config = JSON.stringify({ a: 'a'.repeat(60_000) });
    const taken = await call('PUT', `/organizations/${org.slug}/`, { relayPiiConfig: config });
    assert.equal(taken.body.relayPiiConfig, config);
  });

  it('[1] get a rejection for a body that is nested too deep to be traversed', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const headers = { 'Idempotency-Key': 'deep' };
    for (const body of [deep, `{"avatarType": ${deep}}`]) {
      const refused = await call('PUT', `/organizations/${org.slug}/`, body, headers);
      assert.deepEqual([refused.status, refused.body], [400, { detail: 'JSON parse error - more than 64 levels' }]);
    }
    const short = deep.slice(180_000, 220_000);
    assert.equal((await server.operate('POST', '/organizations/', short)).status, 400);
    // 64 levels are traversed and rejected for their content.
    const { body } = await call('PUT', `/organizations/${org.slug}/`, `{"avatarType": ${'['.repeat(63)}${']'.repeat(63)}}`, headers);
    assert.match(body.avatarType[0], /is not a valid choice/);
  });

  it('[1] get a rejection for a body of an unsupported type', async () => {
    for (const type of ['application/vnd.x+json', 'application/jsonp', 'text/plain']) {
      const { status } = await call('PUT', `/organizations/${org.slug}/`, { name: 'Other' }, { 'Content-Type': type });
      assert.equal(status, 415, type);
    }
    const { body } = await call(
      'PUT',
      `/organizations/${org.slug}/`,
      { name: 'Other' },
      { 'Content-Type': 'Application/JSON; charset=utf-8' },
    );
    assert.equal(body.name, 'Other');
  });

  it('[1] get a rejection for an invalid absolute URL as the target', async () => {
    const { port } = new URL(server.url);
    for (const [path, token] of [
      ['/api/0/organizations/', owner.token],
      ['/api/operator/users/', server.operatorToken],
    ] as const) {
      const headers = { Authorization: `Bearer ${token}` };
      const asked = http.get({ port, host: '127.0.0.1', path: `http://127.0.0.1:99999${path}`, headers });
      const [response] = (await once(asked, 'response')) as [http.IncomingMessage];
      response.resume();
      assert.equal(response.statusCode, 400, path);
    }
  });

  describe('the Idempotency-Key of an earlier request', () => {
    const key = { 'Idempotency-Key': 'once' };
    let member: Person;

    beforeEach(async () => {
      member = await aPerson(server);
      await addMember(server, org, member, 'manager');
    });

    const createTeam = (token: string) =>
      server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token, body: { name: 'Operations' }, headers: key });
    const leave = () => server.request('DELETE', `/api/0/organizations/${org.slug}/members/me/`, { token: member.token, headers: key });

    it('[W5] returns nothing to a caller who was removed since', async () => {
      const first = await createTeam(member.token);
      assert.equal(first.status, 201);
      assert.deepEqual((await createTeam(member.token)).body, first.body);

      assert.equal((await call('DELETE', `/organizations/${org.slug}/members/${member.memberId}/`)).status, 204);
      const { status, body } = await createTeam(member.token);
      assert.deepEqual({ status, body }, { status: 403, body: { detail: 'You do not have permission to perform this action.' } });
    });

    it('[W5] returns the response again to a member who left', async () => {
      const first = await leave();
      assert.equal(first.status, 204);
      const again = await leave();
      assert.equal(again.status, 204);
      assert.equal(again.headers.get('x-org-revision'), first.headers.get('x-org-revision'));
    });

    it('[W5] returns the same organization again to its creator', async () => {
      const create = () =>
        server.request('POST', '/api/0/organizations/', { token: member.token, body: { name: 'Made once' }, headers: key });
      const first = await create();
      assert.equal(first.status, 201);
      assert.deepEqual((await create()).body, first.body);
    });

    it('[W5] returns nothing to another token of the same user', async () => {
      assert.equal((await createTeam(member.token)).status, 201);
      const other = await server.operate('POST', `/users/${member.userId}/tokens/`, { scopes: ['team:write'] });
      const { status, headers } = await createTeam(other.body.token);
      assert.equal(status, 422);
      assert.equal(headers.get('x-sentry-error'), 'key-reused');
    });

    it('[W5] expires with its response after a day', async () => {
      const { db } = server.services;
      await createTeam(member.token);
      const actor = `user:${member.userId}`;
      const isKept = async () => (await db.selectFrom('idempotency_keys').select('key').where('actor', '=', actor).execute()).length === 1;
      const age = (hours: number) =>
        db
          .updateTable('idempotency_keys')
          .set({ created_at: sql<string>`clock_timestamp() - make_interval(hours => ${hours})` })
          .where('actor', '=', actor)
          .execute();
      await age(23);
      await deleteOldResponses(db);
      assert.equal(await isKept(), true);
      await age(25);
      await deleteOldResponses(db);
      assert.equal(await isKept(), false);
    });
  });
});
