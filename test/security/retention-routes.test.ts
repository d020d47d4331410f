import assert from 'node:assert/strict';
import { ageLogin, aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { addMember, aPerson } from '../support/provision.ts';
import { type RequestOptions, startServer, type TestServer } from '../support/server.ts';

describe('the routes of retention', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let others: OrgWithOwner;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    others = await anOrgWithOwner(server);
  });

  const pathOf = (name: string) => `/api/0/organizations/${name}/retention/`;
  const planPath = () => `/api/operator/organizations/${org.id}/plan/`;

  async function callAll(options: RequestOptions, name = org.slug): Promise<readonly number[]> {
    const body = { auditDays: 30, historyDays: 1, personDays: 0 };
    const replies = [
      await server.request('GET', pathOf(name), options),
      await server.request('GET', `${pathOf(name)}preview/?auditDays=30`, options),
      await server.request('PUT', pathOf(name), { ...options, body: options.body ?? body }),
    ];
    return replies.map(({ status }) => status);
  }

  afterEach('nothing was changed', async () => {
    const { body } = await server.operate('GET', `/organizations/${org.id}/plan/`);
    const defaults = { auditDays: null, historyDays: null, deliveryDays: null, personDays: null };
    assert.deepEqual([body.retention, body.legalHold, body.name], [defaults, false, null]);
  });

  it('[13.15] refuse callers without a credential, strangers and owners of other organizations', async () => {
    assert.deepEqual(await callAll({}), [401, 401, 401]);
    const { token } = await aPerson(server);
    for (const name of [org.slug, org.id]) {
      // A token can't change it, which is refused before the organization is looked up.
      assert.deepEqual(await callAll({ token }, name), [403, 403, 403]);
      assert.deepEqual(await callAll({ cookie: others.cookie }, name), [403, 403, 403]);
    }
    assert.deepEqual(await callAll({ cookie: others.cookie }, 'no-such-organization'), [404, 404, 404]);
  });

  it('[13.15] show the settings to managers, and let only owners change them', async () => {
    for (const [role, seen] of [
      ['manager', 200],
      ['admin', 403],
      ['member', 403],
    ] as const) {
      const { cookie } = await aLoggedInMember(server, org, role);
      assert.deepEqual(await callAll({ cookie }), [seen, seen, 403], role);
    }
  });

  it('[13.15] refuse changes by tokens, also those of owners and of the organization', async () => {
    const owner = await aPerson(server);
    await addMember(server, org, owner, 'owner');
    const orgToken = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'all', scopes: ['org:admin', 'org:write'] });
    for (const token of [owner.token, orgToken.body.token]) assert.deepEqual(await callAll({ token }), [200, 200, 403]);
  });

  it('[13.15] require a recent login for changes', async () => {
    await ageLogin(server, org.cookie);
    const { status, body } = await server.request('PUT', pathOf(org.slug), { cookie: org.cookie, body: { auditDays: 30 } });
    assert.deepEqual([status, body.detail.code], [401, 'sudo-required']);
  });

  it('[13.15] do not read a body of 8 MB from a caller who may not write', async () => {
    const body = JSON.stringify({ auditDays: 'x'.repeat(8 * 1024 * 1024) });
    const stranger = await aPerson(server);
    assert.equal((await server.request('PUT', pathOf(org.slug), { token: stranger.token, body })).status, 403);
    assert.equal((await server.request('PUT', planPath(), { token: stranger.token, body })).status, 401);
    const own = await server.request('PUT', pathOf(org.slug), { cookie: org.cookie, body });
    assert.ok([400, 413].includes(own.status), String(own.status));
  });

  it('[13.15] refuse values that are not numbers of days', async () => {
    for (const auditDays of [30.5, Number.MAX_SAFE_INTEGER, '1e9', {}, [30], true, '\u0000']) {
      const { status } = await server.request('PUT', pathOf(org.slug), { cookie: org.cookie, body: { auditDays } });
      assert.equal(status, 400, JSON.stringify(auditDays));
      const query = new URLSearchParams({ auditDays: String(auditDays) });
      const preview = await server.request('GET', `${pathOf(org.slug)}preview/?${query}`, { cookie: org.cookie });
      assert.equal(preview.status, String(auditDays) === '30' ? 200 : 400, String(auditDays));
    }
  });

  it('[13.15] let only the operator change the plan and the legal hold', async () => {
    for (const options of [{}, { cookie: org.cookie }, { token: (await aPerson(server)).token }]) {
      assert.equal((await server.request('PUT', planPath(), { ...options, body: { legalHold: true } })).status, 401);
      assert.equal((await server.request('GET', planPath(), options)).status, 401);
    }
    // The fields of the operator are ignored, as any unknown field is.
    const smuggled = { legalHold: true, planName: 'Free', planDaysMax: 1, prunedThrough: 1, id: others.id };
    const { status } = await server.request('PUT', pathOf(org.slug), { cookie: org.cookie, body: smuggled });
    assert.equal(status, 200);
  });
});
