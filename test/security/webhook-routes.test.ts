import assert from 'node:assert/strict';
import { type Instances, startInstances } from '../support/instances.ts';
import { ageLogin, aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { addMember, aPerson } from '../support/provision.ts';
import type { RequestOptions, TestServer } from '../support/server.ts';
import { aWebhook, callWebhooks, receiverUrl, webhooksPath } from '../support/webhooks.ts';

const calls = [
  ['GET', () => '', undefined],
  ['POST', () => '', { url: receiverUrl }],
  ['GET', (id: string) => `${id}/`, undefined],
  ['PUT', (id: string) => `${id}/`, { description: 'changed' }],
  ['DELETE', (id: string) => `${id}/`, undefined],
  ['POST', (id: string) => `${id}/rotate-secret/`, undefined],
  ['POST', (id: string) => `${id}/test/`, undefined],
  ['GET', (id: string) => `${id}/deliveries/`, undefined],
  ['GET', (id: string) => `${id}/state/`, undefined],
  ['POST', (id: string) => `${id}/replay/`, { fromRevision: 1 }],
  ['POST', (id: string) => `${id}/skip/`, undefined],
] as const;

describe('the routes of webhooks', () => {
  let instances: Instances;
  let server: TestServer;
  let other: TestServer;
  let org: OrgWithOwner;
  let others: OrgWithOwner;

  before(async () => {
    instances = await startInstances(2);
    [server, other] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    others = await anOrgWithOwner(server);
  });

  async function statuses(slug: string, id: string, options: RequestOptions, some: readonly (typeof calls)[number][] = calls) {
    const found: number[] = [];
    for (const [method, below, body] of some) {
      const answer = await server.request(method, webhooksPath({ slug }, below(id)), { ...options, ...(body && { body }) });
      assert.doesNotMatch(JSON.stringify(answer.body), /whsec_|receiver\.invalid/, `${method} ${below(id)}`);
      found.push(answer.status);
    }
    return [...new Set(found)];
  }

  it('[S-51] refuse callers without a credential, strangers, owners of other organizations and plain members', async () => {
    const { id } = await aWebhook(server, org);
    assert.deepEqual(await statuses(org.slug, id, {}), [401]);
    assert.deepEqual(await statuses(org.slug, id, { token: (await aPerson(server)).token }), [403]);
    assert.deepEqual(await statuses(org.slug, id, { cookie: others.cookie }), [403]);
    assert.deepEqual(await statuses(org.slug, id, { cookie: (await aLoggedInMember(server, org, 'member')).cookie }), [403]);
    const { body: token } = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'reads', scopes: ['org:read'] });
    assert.deepEqual(await statuses(org.slug, id, { token: token.token }), [403]);
    const { body } = await callWebhooks(server, org, 'GET');
    assert.deepEqual(
      body.map((webhook: { id: string; description: string }) => [webhook.id, webhook.description]),
      [[id, '']],
    );
  });

  it('[S-51] find no webhook of another organization', async () => {
    const { id } = await aWebhook(server, org);
    const named = calls.filter(([, below]) => below('1') !== '');
    for (const one of [id, '0', 'x', '9'.repeat(18), '9'.repeat(40)]) {
      assert.deepEqual(await statuses(others.slug, one, { cookie: others.cookie }, named), [404], one);
    }
    assert.equal((await callWebhooks(server, org, 'GET', `${id}/`)).status, 200);
  });

  it('[S-51] refuse a body of 8 MB', async () => {
    const body = { url: receiverUrl, description: 'x'.repeat(8 * 1024 * 1024) };
    for (const [options, status] of [
      [{}, 401],
      [{ token: (await aPerson(server)).token }, 403],
      [{ cookie: org.cookie }, 413],
    ] as const) {
      assert.equal((await server.request('POST', webhooksPath(org), { ...options, body })).status, status);
    }
    assert.deepEqual((await callWebhooks(server, org, 'GET')).body, []);
  });

  it('[S-51] require a recent login of a session where secrets, URLs and scopes change', async () => {
    const { id } = await aWebhook(server, org);
    await ageLogin(server, org.cookie);
    for (const [method, below, body] of [
      ['POST', '', { url: receiverUrl }],
      ['POST', `${id}/rotate-secret/`, {}],
      ['PUT', `${id}/`, { url: 'https://elsewhere.invalid/' }],
      ['PUT', `${id}/`, { scopes: ['org:read'] }],
    ] as const) {
      const { status, body: refusal } = await callWebhooks(server, org, method, below, body);
      assert.deepEqual([status, refusal.detail?.code], [401, 'sudo-required'], `${method} ${below}`);
    }
    assert.equal((await callWebhooks(server, org, 'PUT', `${id}/`, { description: 'Changed' })).status, 200);
  });

  it('[S-51] refuse a caller who would create or redirect a webhook with scopes that they don’t have', async () => {
    const byOwner = await aWebhook(server, org, { scopes: ['org:admin'] });
    const admin = await aLoggedInMember(server, org, 'admin');
    const byAdmin = (method: string, below: string, body?: unknown) => callWebhooks(server, { ...org, ...admin }, method, below, body);
    const above = await byAdmin('POST', '', { url: receiverUrl, scopes: ['org:write', 'org:read'] });
    assert.deepEqual([above.status, above.body], [400, { scopes: ['You do not have permission to grant: org:write.'] }]);
    for (const [method, below, body] of [
      ['PUT', `${byOwner.id}/`, { url: 'https://elsewhere.invalid/' }],
      ['PUT', `${byOwner.id}/`, { scopes: ['org:read'] }],
      ['POST', `${byOwner.id}/rotate-secret/`, undefined],
    ] as const) {
      const { status, body: refusal } = await byAdmin(method, below, body);
      assert.equal(status, 403, `${method} ${below}: ${JSON.stringify(refusal)}`);
      assert.match(refusal.detail, /you need its scopes: org:admin\.$/);
    }
    const raised = await byAdmin('PUT', `${byOwner.id}/`, { scopes: ['org:admin', 'member:admin'] });
    assert.equal(raised.status, 400);
    assert.equal((await byAdmin('PUT', `${byOwner.id}/`, { description: 'A description' })).status, 200);
    const own = await byAdmin('POST', '', { url: receiverUrl });
    assert.ok(!own.body.scopes.includes('org:write') && own.body.scopes.includes('org:integrations'), JSON.stringify(own.body));
    assert.equal((await byAdmin('PUT', `${own.body.id}/`, { url: 'https://elsewhere.invalid/' })).status, 200);
  });

  it('[S-50] refuse an address inside the network in a URL, in any spelling, for new and changed webhooks', async () => {
    const { id } = await aWebhook(server, org);
    for (const url of [
      'https://127.0.0.1/',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://017700000001/',
      'https://[::1]/',
      'https://[::ffff:7f00:1]/',
      'https://[::ffff:127.0.0.1]:8443/',
      'https://10.0.0.8/',
      'https://169.254.169.254/latest/meta-data/',
      'https://[64:ff9b::7f00:1]/',
      'https://[fd00::1]/',
      'https://0/',
      'http://8.8.8.8/',
      'http://receiver.example.com/',
      'ftp://example.com/',
      'https://user:password@example.com/',
      'not a URL',
    ]) {
      for (const [method, below] of [
        ['POST', ''],
        ['PUT', `${id}/`],
      ] as const) {
        const { status, body } = await callWebhooks(server, org, method, below, { url });
        assert.deepEqual([status, Object.keys(body)], [400, ['url']], `${method} ${url}`);
      }
    }
    assert.equal((await callWebhooks(server, org, 'GET')).body.length, 1);
    assert.equal((await callWebhooks(server, org, 'GET', `${id}/`)).body.url, receiverUrl);
    for (const url of ['http://receiver.example.com/', 'https://10.0.0.8/']) {
      const { body } = await callWebhooks(server, org, 'POST', '', { url });
      assert.match(body.url[0], /https:\/\/, or ask the operator to allow this .* with OUTBOUND_ALLOWED\.$/);
    }
  });

  it('[S-51] show a secret once, and never in a list, the state, the log, the audit log or the database', async () => {
    const { id, secret } = await aWebhook(server, org);
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    const rotated = await callWebhooks(server, org, 'POST', `${id}/rotate-secret/`);
    assert.match(rotated.body.secret, /^whsec_/);
    assert.notEqual(rotated.body.secret, secret);
    const { db } = server.services;
    const shown = [
      await callWebhooks(other, org, 'GET'),
      await callWebhooks(other, org, 'GET', `${id}/`),
      await callWebhooks(other, org, 'GET', `${id}/state/`),
      await callWebhooks(other, org, 'GET', `${id}/deliveries/`),
      await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/`, { cookie: org.cookie }),
      await server.operate('GET', `/organizations/${org.id}/state/`),
      await db.selectFrom('change_log').selectAll().where('organization_id', '=', org.id).execute(),
      await db.selectFrom('org_secrets').selectAll().where('organization_id', '=', org.id).execute(),
      await db.selectFrom('webhooks').selectAll().where('organization_id', '=', org.id).execute(),
    ];
    for (const one of shown) {
      const text = JSON.stringify('body' in one ? (one as { body: unknown }).body : one);
      for (const text2 of [secret, rotated.body.secret]) assert.ok(!text.includes(text2.slice(6)), text.slice(0, 200));
    }
    const entries = JSON.stringify(
      (await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/`, { cookie: org.cookie })).body,
    );
    assert.doesNotMatch(entries, /key=hidden/, 'the audit log contains the query of a URL');
  });

  it('[S-51] keep the scopes of a webhook whose creator is demoted and removed', async () => {
    const owner = await aPerson(server);
    await addMember(server, org, owner, 'owner');
    const made = await aWebhook(server, org, {}, { token: owner.token });
    await server.request('PUT', `/api/0/organizations/${org.slug}/members/${owner.memberId}/`, {
      cookie: org.cookie,
      body: { orgRole: 'member' },
    });
    await server.request('DELETE', `/api/0/organizations/${org.slug}/members/${owner.memberId}/`, { cookie: org.cookie });
    const { body } = await callWebhooks(server, org, 'GET', `${made.id}/`);
    assert.deepEqual([body.scopes, body.createdBy, body.status], [made.scopes, owner.userId, 'active']);
  });

  it('[S-51] add at most 20 webhooks, also on two instances at once', async () => {
    const add = (to: TestServer) => callWebhooks(to, org, 'POST', '', { url: receiverUrl });
    await Promise.all(Array.from({ length: 19 }, () => add(server)));
    const answers = await Promise.all([server, other, server, other].map(add));
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 400, 400, 400]);
    const refused = answers.find(({ status }) => status === 400)!;
    assert.equal(refused.body.detail, 'An organization has at most 20 webhooks.');
    assert.equal((await callWebhooks(server, org, 'GET')).body.length, 20);
  });
});
