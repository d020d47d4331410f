import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { scimTokensSweep } from '../../server/src/features/scim/commands/scim-tokens-sweep.ts';
import { routes } from '../../server/src/http/routes.ts';
import { hashToken } from '../../server/src/runtime/secrets/hash-token.ts';
import { from, inside, outside, previewList, trustTests } from '../support/address-lists.ts';
import { configureProvider, markTested, providerPath, putProvider } from '../support/auth-providers.ts';
import { eventually } from '../support/eventually.ts';
import { ageLogin, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { readMails } from '../support/mailbox.ts';
import { addMember, aPerson, nextNumber } from '../support/provision.ts';
import { enableScim, mintScimToken, type ScimClient, scimClient, setScim } from '../support/scim.ts';
import { allowAddresses } from '../support/security-records.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

describe('[S-47] the token of an identity provider', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let scim: ScimClient;

  before(async () => {
    server = await startServer(trustTests);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    scim = await enableScim(server, org.id);
  });

  const tokenPath = () => `/api/0/organizations/${org.slug}/auth-provider/scim-token/`;

  it('[S-47] opens no route outside of SCIM, and no socket', async () => {
    const before = (await server.operate('GET', `/organizations/${org.id}/state/`)).body.revision;
    for (const { method, path, isScim } of routes) {
      if (isScim) continue;
      const filled = path.replace(':org', org.slug).replaceAll(/:\w+/g, '1');
      const { status } = await server.request(method, `/api/0${filled}`, {
        token: scim.token,
        ...(method === 'GET' ? {} : { body: {} }),
      });
      assert.equal(status, 403, `${method} ${path}`);
    }
    await assert.rejects(WireReplica.connect(server.url, scim.token), /unauthenticated/);
    assert.equal((await server.request('GET', '/api/operator/health/', { token: scim.token })).status, 401);
    assert.equal((await server.operate('GET', `/organizations/${org.id}/state/`)).body.revision, before);
    assert.equal((await scim('GET', '/Users')).status, 200);
  });

  it('[S-47] opens no other organization, and nothing once SCIM is off, the provider is a draft, or the token is removed', async () => {
    const other = await anOrgWithOwner(server);
    await enableScim(server, other.id);
    for (const name of [other.id, other.slug]) {
      const there = scimClient(server, name, scim.token);
      assert.equal((await there('GET', '/Users')).status, 403);
      assert.equal((await there('POST', '/Users', { userName: 'a@b.example' })).status, 403);
      assert.equal((await there('DELETE', '/Users/1')).status, 403);
    }
    for (const fields of [{ scimEnabled: false }, { scimEnabled: true, status: 'draft' as const }]) {
      await setScim(server, org.id, fields);
      for (const path of ['/Users', '/Groups', '/ServiceProviderConfig', '/Me']) assert.equal((await scim('GET', path)).status, 403, path);
      assert.equal((await scim('POST', '/Users', { userName: 'a@b.example' })).status, 403);
      assert.equal((await scim('PATCH', '/Groups/1', {})).status, 403);
    }
    await setScim(server, org.id, { status: 'active' });
    assert.equal((await scim('GET', '/Users')).status, 200);
    const list = await server.request('GET', `/api/0/organizations/${org.slug}/org-auth-tokens/`, { cookie: org.cookie });
    const [{ id, name, scopes }] = list.body;
    assert.deepEqual([name, scopes], ['SCIM', ['member:admin', 'team:admin']]);
    assert.equal(
      (await server.request('DELETE', `/api/0/organizations/${org.slug}/org-auth-tokens/${id}/`, { cookie: org.cookie })).status,
      204,
    );
    assert.equal((await scim('GET', '/Users')).status, 401);
  });

  it('[12.3] ends a day after another one was created', async () => {
    const made = await server.request('POST', tokenPath(), { cookie: org.cookie, body: {} });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal(made.body.base_url, `${server.url}/api/0/organizations/${org.id}/scim/v2/`);
    const newer = scimClient(server, org.id, made.body.token);
    assert.deepEqual([(await scim('GET', '/Users')).status, (await newer('GET', '/Users')).status], [200, 200]);
    const { db } = server.services;
    const rows = await db
      .selectFrom('auth_tokens')
      .select(['id', 'expires_at', 'token_hash'])
      .where('organization_id', '=', org.id)
      .orderBy('id')
      .execute();
    const hours = (Date.parse(rows[0]!.expires_at!) - Date.now()) / 3_600_000;
    assert.ok(hours > 23.9 && hours <= 24, `${hours} hours`);
    assert.equal(rows[0]!.token_hash, hashToken(scim.token));
    assert.equal(rows[1]!.expires_at, null);
    await db.updateTable('auth_tokens').set({ expires_at: new Date().toISOString() }).where('id', '=', rows[0]!.id).execute();
    assert.equal((await scim('GET', '/Users')).status, 401);
    await scimTokensSweep(server.services.writePath).run();
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    const tokens = body.records.filter(({ kind }: { kind: string }) => kind === 'auth-token');
    assert.deepEqual(
      tokens.map(({ id }: { id: string }) => id),
      [rows[1]!.id],
    );
    assert.equal((await newer('GET', '/Users')).status, 200);
  });

  it('[12.3] can be created by owners with a recent login only, and while SCIM is on', async () => {
    const manager = await aPerson(server);
    await addMember(server, org, manager, 'manager');
    const stranger = await anOrgWithOwner(server);
    const minted = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'all', scopes: ['org:admin'] });
    for (const options of [{ token: manager.token }, { token: minted.body.token }, { cookie: stranger.cookie }])
      assert.equal((await server.request('POST', tokenPath(), { ...options, body: {} })).status, 403);
    assert.equal((await server.request('POST', tokenPath(), { body: {} })).status, 401);
    await setScim(server, org.id, { scimEnabled: false });
    assert.equal((await server.request('POST', tokenPath(), { cookie: org.cookie, body: {} })).status, 400);
    await ageLogin(server, org.cookie);
    assert.equal((await server.request('POST', tokenPath(), { cookie: org.cookie, body: {} })).body.detail.code, 'sudo-required');
  });

  it('[12.3] comes with the response that enables SCIM on an active provider, and ends with SCIM and with the provider', async () => {
    const theirs = await anOrgWithOwner(server);
    const draft = await configureProvider(server, theirs, { changes: { scim_enabled: true }, isActive: false });
    assert.ok(!('scim' in draft), 'a draft has no token');
    await markTested(server, theirs.id);
    const { scim: given } = await putProvider(server, theirs, { active: true });
    assert.equal(given.base_url, `${server.url}/api/0/organizations/${theirs.id}/scim/v2/`);
    const client = scimClient(server, theirs.id, given.token);
    const { id } = (await client('POST', '/Users', { userName: `enabled-${nextNumber()}@example.com` })).body;
    assert.ok(!('scim' in (await putProvider(server, theirs, { scim_enabled: true, session_hours: 10 }))), 'it is already on');

    const tokens = async () => {
      const { body } = await server.request('GET', `/api/0/organizations/${theirs.slug}/org-auth-tokens/`, { cookie: theirs.cookie });
      return body.map(({ name }: { name: string }) => name);
    };
    assert.deepEqual(await tokens(), ['SCIM']);
    await putProvider(server, theirs, { scim_enabled: false });
    assert.deepEqual(await tokens(), []);
    assert.equal((await client('GET', '/Users')).status, 401);
    const { body } = await server.operate('GET', `/organizations/${theirs.id}/state/`);
    const kept = body.records.find((one: { kind: string; id: string }) => one.kind === 'member' && one.id === id);
    assert.equal(kept.record.flags['idp:provisioned'], false);
    const removed = await server.request('DELETE', `/api/0/organizations/${theirs.slug}/members/${id}/`, { cookie: theirs.cookie });
    assert.equal(removed.status, 204, 'owners can remove the members that SCIM managed');

    const again = await putProvider(server, theirs, { scim_enabled: true });
    const second = scimClient(server, theirs.id, again.scim.token);
    assert.deepEqual([(await second('GET', '/Users')).status, (await client('GET', '/Users')).status], [200, 401]);
    await putProvider(server, theirs, { active: false });
    assert.equal((await second('GET', '/Users')).status, 401);
    const third = scimClient(server, theirs.id, (await putProvider(server, theirs, { active: true })).scim.token);
    assert.equal((await third('GET', '/Users')).status, 200);
    assert.equal((await server.request('DELETE', providerPath(theirs), { cookie: theirs.cookie })).status, 204);
    assert.equal((await third('GET', '/Users')).status, 401);
    assert.deepEqual(await tokens(), []);
    const mails = await eventually(() => {
      const found = readMails(server, theirs.owner.email).filter(({ text }) => text.includes('SCIM'));
      assert.ok(found.length > 0, 'the owner was not mailed');
      return found;
    });
    for (const { text } of mails) for (const token of [given.token, again.scim.token]) assert.ok(!text.includes(token));
  });

  it('[S-44] does not find a member or a team by the external id that a removed provider gave it', async () => {
    const theirs = await anOrgWithOwner(server);
    const enable = async () => {
      const { scim: given } = await configureProvider(server, theirs, { changes: { scim_enabled: true } });
      return scimClient(server, theirs.id, given.token);
    };
    const former = await enable();
    const alice = (await former('POST', '/Users', { userName: `alice-${nextNumber()}@example.com`, externalId: '5' })).body;
    assert.equal((await former('POST', '/Groups', { displayName: 'Former', externalId: '5' })).status, 201);
    const find = async (client: ScimClient, kind: string) =>
      (await client('GET', `/${kind}?filter=${encodeURIComponent('externalId eq "5"')}`)).body.totalResults;
    assert.deepEqual([await find(former, 'Users'), await find(former, 'Groups')], [1, 1]);

    assert.equal((await server.request('DELETE', providerPath(theirs), { cookie: theirs.cookie })).status, 204);
    const next = await enable();
    assert.deepEqual([await find(next, 'Users'), await find(next, 'Groups')], [0, 0]);
    assert.equal((await next('GET', `/Users/${alice.id}`)).body.userName, alice.userName);
    const bob = await next('POST', '/Users', { userName: `bob-${nextNumber()}@example.com`, externalId: '5' });
    assert.equal(bob.status, 201, JSON.stringify(bob.body));
  });

  it('[S-48] has no access from addresses outside of the list, and its recent addresses appear in the preview', async () => {
    const headers = from(outside);
    assert.equal((await scim('GET', '/Users', undefined, headers)).status, 200);
    assert.equal((await scim('GET', '/Users', undefined, headers)).status, 200);
    const preview = await eventually(async () => {
      const found = await previewList(server, org, { isEnabled: true, rules: [inside] }, { cookie: org.cookie });
      assert.notDeepEqual(found.body.live, [], 'the address is recorded after the response');
      return found;
    });
    const { body: tokens } = await server.request('GET', `/api/0/organizations/${org.slug}/org-auth-tokens/`, { cookie: org.cookie });
    assert.deepEqual(preview.body.live, [{ address: outside, isIncluded: false, users: [], tokens: [tokens[0].id], subscriptions: 0 }]);
    assert.equal(preview.body.wouldEnd, 0);
    const rows = await server.services.db.selectFrom('scim_addresses').selectAll().where('organization_id', '=', org.id).execute();
    assert.equal(rows.length, 1);
    await allowAddresses(server, org.id, [inside]);
    const refused = await scim('GET', '/Users', undefined, headers);
    assert.deepEqual([refused.status, refused.body.detail.code], [403, 'address-not-allowed']);
    assert.equal((await scim('POST', '/Users', { userName: 'a@b.example' }, headers)).status, 403);
    assert.equal((await scim('GET', '/Users', undefined, from(inside))).status, 200);
  });

  it('[12] gets the response to a change that is made, also if its address can’t be recorded', async () => {
    const { db } = server.services;
    const addresses = () => db.selectFrom('scim_addresses').select('address').where('organization_id', '=', org.id).execute();
    await sql`CREATE FUNCTION keep_no_address() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a fault''; END'`.execute(db);
    await sql`CREATE TRIGGER keep_no_address BEFORE INSERT ON scim_addresses FOR EACH ROW EXECUTE FUNCTION keep_no_address()`.execute(db);
    try {
      const made = await scim('POST', '/Users', { userName: `recorded-${nextNumber()}@example.com` });
      assert.equal(made.status, 201, JSON.stringify(made.body));
    } finally {
      await sql`DROP FUNCTION keep_no_address CASCADE`.execute(db);
    }
    assert.equal((await addresses()).length, 0);
    await scim('GET', '/Users');
    await eventually(async () => assert.equal((await addresses()).length, 1, 'the next request records it'));
  });

  it('[12] waits after 429 for the seconds in Retry-After', async () => {
    const limited = await startServer({ RATE_LIMIT_PER_CREDENTIAL: '5' });
    try {
      const theirs = await anOrgWithOwner(limited);
      const client = await enableScim(limited, theirs.id);
      const answers = await Promise.all(Array.from({ length: 20 }, () => client('GET', '/Users?count=1')));
      const over = answers.find(({ status }) => status === 429);
      assert.ok(over, 'no request was limited');
      assert.ok(Number(over.headers.get('retry-after')) >= 1);
    } finally {
      await limited.stop();
    }
  });

  it('[S-02] appears in no row, record or audit entry in clear', async () => {
    const token = await mintScimToken(server, org.id);
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    const secret = token.slice(token.lastIndexOf('_') + 1);
    assert.ok(!JSON.stringify(body).includes(secret));
  });
});
