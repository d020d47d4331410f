import assert from 'node:assert/strict';
import { bodyOf, from, inside, outside, trustTests } from '../support/address-lists.ts';
import { ageLogin, aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { addMember, aPerson } from '../support/provision.ts';
import { addAuthProvider, allowAddresses, bindSession, linkIdentity } from '../support/security-records.ts';
import { type RequestOptions, startServer, type TestServer } from '../support/server.ts';

describe('the routes of an IP allow list', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let others: OrgWithOwner;

  before(async () => {
    server = await startServer(trustTests);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    others = await anOrgWithOwner(server);
    await allowAddresses(server, org.id, [inside]);
  });

  const routes = [
    ['GET', ''],
    ['PUT', ''],
    ['POST', 'preview/'],
  ] as const;
  const ruin = { isEnabled: true, rules: ['198.51.100.0/24', inside] };

  async function callAll(options: RequestOptions, name: string, methods = routes.map(([method]) => method as string)) {
    const found: (readonly [status: number, code: string | undefined])[] = [];
    for (const [method, below] of routes.filter((route) => methods.includes(route[0]))) {
      const { status, body } = await server.request(method, `/api/0/organizations/${name}/ip-allow-list/${below}`, {
        ...options,
        headers: { ...from(inside), ...options.headers },
        ...(method === 'GET' ? {} : { body: options.body ?? bodyOf(ruin) }),
      });
      assert.ok(!JSON.stringify(body).includes('"rules":[{'), `${method} shows the list`);
      found.push([status, body.detail?.code]);
    }
    return found;
  }

  async function assertUnchanged(): Promise<void> {
    const { body } = await server.operate('GET', `/organizations/${org.id}/security/`);
    assert.deepEqual(
      body.ipAllowList.rules.map(({ cidr }: { cidr: string }) => cidr),
      [inside],
    );
    assert.equal(body.ipAllowList.isEnabled, true);
  }
  afterEach(assertUnchanged);

  it('[S-49] refuse callers without a credential, strangers and owners of other organizations', async () => {
    const stranger = await aPerson(server);
    assert.deepEqual(await callAll({}, org.slug), [
      [401, undefined],
      [401, undefined],
      [401, undefined],
    ]);
    for (const name of [org.slug, org.id]) {
      assert.deepEqual(
        (await callAll({ token: stranger.token }, name)).map(([status]) => status),
        [403, 403, 403],
      );
      assert.deepEqual(
        (await callAll({ cookie: others.cookie }, name)).map(([status]) => status),
        [403, 403, 403],
      );
    }
    assert.deepEqual(
      (await callAll({ cookie: others.cookie }, 'no-such-organization')).map(([status]) => status),
      [404, 404, 404],
    );
  });

  it('[S-16] refuse changes in a session that began with single sign-on, even an owner’s', async () => {
    const owner = await aLoggedInMember(server, org, 'owner');
    const { cookie } = owner;
    await addAuthProvider(server, org.id);
    await bindSession(server, cookie, await linkIdentity(server, org.id, owner), { isSsoSession: true });
    assert.deepEqual(await callAll({ cookie }, org.slug, ['PUT', 'POST']), [
      [403, 'full-login-required'],
      [403, 'full-login-required'],
    ]);
  });

  it('[S-49] let neither tokens of owners nor organization tokens change or preview the list', async () => {
    const owner = await aPerson(server);
    await addMember(server, org, owner, 'owner');
    const scopes = ['org:admin', 'org:write', 'org:read'];
    const orgToken = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'all', scopes });
    for (const token of [owner.token, orgToken.body.token]) {
      assert.deepEqual(await callAll({ token }, org.slug, ['PUT', 'POST']), [
        [403, undefined],
        [403, undefined],
      ]);
    }
  });

  it('[S-49] require the role of an owner for changes and previews, and org:write for reading', async () => {
    for (const [role, status] of [
      ['manager', 200],
      ['admin', 403],
      ['member', 403],
    ] as const) {
      const { cookie } = await aLoggedInMember(server, org, role);
      assert.deepEqual(
        (await callAll({ cookie }, org.slug, ['PUT', 'POST'])).map(([refused]) => refused),
        [403, 403],
        role,
      );
      const read = await server.request('GET', `/api/0/organizations/${org.slug}/ip-allow-list/`, { cookie, headers: from(inside) });
      assert.equal(read.status, status, role);
    }
  });

  it('[S-49] require a recent login for changes and previews', async () => {
    await ageLogin(server, org.cookie);
    assert.deepEqual(await callAll({ cookie: org.cookie }, org.slug, ['PUT', 'POST']), [
      [401, 'sudo-required'],
      [401, 'sudo-required'],
    ]);
  });

  it('[S-49] refuse an owner outside the list, even if the new list would include them', async () => {
    const headers = from(outside);
    const found = await callAll({ cookie: org.cookie, headers }, org.slug);
    assert.deepEqual(found, [
      [403, 'address-not-allowed'],
      [403, 'address-not-allowed'],
      [403, 'address-not-allowed'],
    ]);
  });

  it('[S-49] do not read a body of 8 MB from a caller who may not write', async () => {
    const body = JSON.stringify({ rules: [{ cidr: inside, description: 'x'.repeat(8 * 1024 * 1024) }] });
    const stranger = await aPerson(server);
    assert.deepEqual(
      (await callAll({ token: stranger.token, body }, org.slug, ['PUT', 'POST'])).map(([status]) => status),
      [403, 403],
    );
    const [put] = await callAll({ cookie: org.cookie, body }, org.slug, ['PUT']);
    assert.ok(put![0] === 400 || put![0] === 413, String(put![0]));
  });

  it('[S-49] refuse 201 rules, and rules that are not addresses', async () => {
    const put = async (rules: unknown) => {
      const options = { cookie: org.cookie, headers: from(inside), body: { rules } };
      const { status, body } = await server.request('PUT', `/api/0/organizations/${org.slug}/ip-allow-list/`, options);
      assert.equal(status, 400, JSON.stringify(body));
      return body.rules[0];
    };
    const many = Array.from({ length: 201 }, (_, index) => ({ cidr: `203.0.113.${index}` }));
    assert.equal(await put(many), 'Ensure this field has no more than 200 elements.');
    assert.equal(await put([{ cidr: '10.1.2.3/8' }]), '10.1.2.3/8: Did you mean 10.0.0.0/8?');
    assert.match(await put([{ cidr: '010.0.0.1' }]), /Enter an IP address/);
    assert.match(await put([{ cidr: '0.0.0.0/0' }]), /contains every address/);
    assert.equal(await put([{ cidr: inside, expiresAt: '2020-01-01T00:00:00Z' }]), `${inside}: The expiry must be in the future.`);
    assert.match(await put([{ cidr: inside, expiresAt: 'soon' }]), /expiresAt: Datetime has wrong format/);
    assert.match(await put([{ cidr: inside, description: 'x'.repeat(101) }]), /description: Ensure this field has no more than 100/);
    assert.match(await put([{ cidr: { toString: 1 } }]), /cidr: Not a valid string/);
    assert.match(await put([null]), /must be an object/);
    assert.match(await put('203.0.113.9'), /Expected a list/);
  });

  it('[S-49] let the operator switch the list off, and no other caller', async () => {
    const path = `/api/operator/organizations/${org.id}/ip-allow-list/`;
    for (const options of [{}, { cookie: org.cookie }, { token: (await aPerson(server)).token }]) {
      assert.equal((await server.request('DELETE', path, options)).status, 401);
      assert.equal((await server.request('GET', `/api/operator/organizations/${org.id}/security/`, options)).status, 401);
    }
  });
});
