import assert from 'node:assert/strict';
import { anExport } from '../support/archives.ts';
import { ageLogin, aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { addMember, aPerson } from '../support/provision.ts';
import { type RequestOptions, startServer, type TestServer } from '../support/server.ts';

describe('the routes of exports', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let others: OrgWithOwner;
  let exportId: string;

  before(async () => {
    server = await startServer();
    org = await anOrgWithOwner(server);
    others = await anOrgWithOwner(server);
    await anExport(server, org.id);
    const { body } = await server.operate('GET', `/organizations/${org.id}/export/`);
    exportId = body[0].id;
  });
  after(() => server?.stop());

  async function statuses(slug: string, options: RequestOptions): Promise<number[]> {
    const path = `/api/0/organizations/${slug}/export/`;
    const answers = [
      await server.request('POST', path, { ...options, body: {} }),
      await server.request('GET', path, options),
      await server.request('GET', `${path}${exportId}/`, options),
    ];
    return answers.map(({ status }) => status);
  }

  it('[13.16] refuse callers without a credential, strangers, tokens, members and managers', async () => {
    assert.deepEqual(await statuses(org.slug, {}), [401, 401, 401]);
    assert.deepEqual(await statuses(org.slug, { token: (await aPerson(server)).token }), [403, 403, 403]);
    const owner = await aPerson(server);
    await addMember(server, org, owner, 'owner');
    assert.deepEqual(await statuses(org.slug, { token: owner.token }), [403, 403, 403]);
    assert.deepEqual(await statuses(org.slug, { cookie: others.cookie }), [403, 403, 403]);
    for (const role of ['member', 'admin', 'manager'] as const) {
      assert.deepEqual(await statuses(org.slug, { cookie: (await aLoggedInMember(server, org, role)).cookie }), [403, 403, 403], role);
    }
  });

  it('[13.16] do not find the export of another organization', async () => {
    const path = `/api/0/organizations/${others.slug}/export/`;
    const { body } = await server.request('GET', path, { cookie: others.cookie });
    assert.deepEqual(body, []);
    assert.equal((await server.request('GET', `${path}${exportId}/`, { cookie: others.cookie })).status, 404);
    assert.equal((await server.operate('GET', `/organizations/${others.id}/export/${exportId}/`)).status, 404);
  });

  it('[13.16] refuse an old login, unknown fields of the operator and large bodies', async () => {
    const late = await anOrgWithOwner(server);
    const path = `/api/0/organizations/${late.slug}/export/`;
    assert.equal((await server.request('POST', path, { cookie: late.cookie, body: { history: 'x'.repeat(8_000_000) } })).status, 413);
    assert.equal((await server.request('POST', path, { cookie: late.cookie, body: { history: 7 } })).status, 400);
    await ageLogin(server, late.cookie);
    assert.equal((await server.request('POST', path, { cookie: late.cookie, body: {} })).status, 401);
    assert.equal((await server.operate('POST', `/organizations/${late.id}/export/`, { hisstory: true })).status, 400);
  });

  it('[13.16] import for the operator only, and only gzip', async () => {
    const url = `${server.url}/api/operator/organizations/import/?owner=1`;
    const headers = { 'Content-Type': 'application/gzip' };
    assert.equal((await fetch(url, { method: 'POST', headers, body: 'x' })).status, 401);
    const authorized = { Authorization: `Bearer ${server.operatorToken}` };
    assert.equal((await fetch(url, { method: 'POST', headers: { ...authorized, 'Content-Type': 'text/plain' }, body: 'x' })).status, 415);
    assert.equal((await fetch(url, { method: 'POST', headers: { ...authorized, ...headers }, body: 'x' })).status, 400);
    assert.equal(
      (await fetch(url.replace('owner=1', ''), { method: 'POST', headers: { ...authorized, ...headers }, body: 'x' })).status,
      400,
    );
  });
});
