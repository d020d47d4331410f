import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

describe('data that an organization has switched off', () => {
  let server: TestServer;
  let owner: Person;
  let plain: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    owner = await aPerson(server);
    plain = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, plain, 'member');
  });

  const call = (method: string, path: string, by: Person, body?: unknown) =>
    server.request(method, `/api/0${path}`, { token: by.token, body });
  const change = (body: unknown) => call('PUT', `/organizations/${org.slug}/`, owner, body);
  const exportFor = async (audience: string) =>
    (await server.operate('GET', `/organizations/${org.id}/state/?audience=${audience}`)).body.records;
  const heldBy = (replica: WireReplica) => JSON.stringify([...replica.records()]);

  it('[S-17] no list, replica, step or export contains join requests while they are switched off, and all contain them again later', async () => {
    const email = `visitor-${nextNumber()}@example.com`;
    const replicas = await Promise.all([owner, plain].map(({ token }) => WireReplica.open(server.url, token, org.slug)));
    const asked = await server.request('POST', `/api/0/organizations/${org.slug}/join-request/`, { body: { email } });
    assert.equal(asked.status, 204);
    await eventually(() => {
      for (const replica of replicas) assert.ok(heldBy(replica).includes(email), 'all users who may see requests see it');
    });
    const listed = (await call('GET', `/organizations/${org.slug}/invite-requests/`, owner)).body;
    const path = `/organizations/${org.slug}/invite-requests/${listed[0].id}/`;
    assert.equal((await call('GET', path, owner)).status, 200);

    await change({ allowJoinRequests: false });
    await eventually(() => {
      for (const replica of replicas) assert.ok(!heldBy(replica).includes(email), 'the replicas of these users no longer contain it');
    });
    const late = await WireReplica.open(server.url, owner.token, org.slug);
    for (const audience of ['owner', 'manager', 'member']) {
      assert.ok(!JSON.stringify(await exportFor(audience)).includes(email), `the export for ${audience}`);
    }
    assert.ok(!heldBy(late).includes(email), 'a new replica');
    assert.deepEqual((await call('GET', `/organizations/${org.slug}/invite-requests/`, owner)).body, []);
    assert.equal((await call('GET', path, owner)).status, 404);
    assert.equal((await call('GET', `/organizations/${org.slug}/members/${listed[0].id}/`, owner)).status, 404);

    const before = late.frames.length;
    await change({ allowJoinRequests: true });
    await eventually(() => {
      for (const replica of [...replicas, late]) assert.ok(heldBy(replica).includes(email), 'it is shown again');
    });
    assert.ok(late.frames.length > before, 'by a step');
    assert.equal((await call('GET', path, owner)).status, 200);
    for (const replica of [...replicas, late]) {
      replica.check();
      replica.close();
    }
  });

  it('[S-17] no response and no audit entry contains a join request that a caller edits or removes while they are switched off', async () => {
    const email = `visitor-${nextNumber()}@example.com`;
    await server.request('POST', `/api/0/organizations/${org.slug}/join-request/`, { body: { email } });
    const { id } = (await call('GET', `/organizations/${org.slug}/invite-requests/`, owner)).body[0];
    const path = `/organizations/${org.slug}/invite-requests/${id}/`;
    await change({ allowJoinRequests: false });

    const unknown = await call('PUT', `/organizations/${org.slug}/invite-requests/${owner.memberId}/`, owner, {});
    for (const [method, body] of [['PUT', {}], ['PUT', { orgRole: 'manager' }], ['DELETE']] as const) {
      const refused = await call(method, path, owner, body);
      assert.deepEqual([refused.status, refused.body], [404, unknown.body], `${method} ${JSON.stringify(body)}`);
    }
    for (const approve of [true, false]) {
      const refused = await call('PUT', path, owner, { approve });
      assert.deepEqual([refused.status, refused.body], [400, { approve: ['Your organization does not allow requests to join.'] }]);
    }
    const audit = await call('GET', `/organizations/${org.slug}/audit-logs/`, owner);
    assert.ok(audit.body.rows.length > 0 && !JSON.stringify(audit.body).includes(email), 'the audit log');

    await change({ allowJoinRequests: true });
    const kept = await call('GET', path, owner);
    assert.deepEqual([kept.status, kept.body.email, kept.body.orgRole], [200, email, 'member']);
    assert.equal((await call('PUT', path, owner, {})).status, 200);
    assert.equal((await call('DELETE', path, owner)).status, 204);
  });

  it('[S-17] no response, replica, step or export contains addresses of others for a plain member under enhanced privacy', async () => {
    await call('POST', `/organizations/${org.slug}/teams/`, owner, { slug: 'ops' });
    await call('POST', `/teams/${org.slug}/ops/projects/`, owner, { name: 'engine' });
    await call('POST', `/organizations/${org.slug}/members/me/teams/ops/`, plain);
    await call('POST', `/organizations/${org.slug}/members/me/teams/ops/`, owner);
    const invitee = `invitee-${nextNumber()}@example.com`;
    await call('POST', `/organizations/${org.slug}/members/`, owner, { email: invitee });
    const replica = await WireReplica.open(server.url, plain.token, org.slug);
    assert.ok(heldBy(replica).includes(owner.email), 'without enhanced privacy the addresses are visible');

    await change({ enhancedPrivacy: true });
    const addresses = [owner.email, invitee];
    const assertHidden = (text: string, where: string) => {
      for (const address of addresses) assert.ok(!text.includes(address), `${where} contains ${address}`);
    };
    await eventually(() => assertHidden(heldBy(replica), 'the existing replica'));
    const later = `invitee-${nextNumber()}@example.com`;
    addresses.push(later);
    const { body: invited } = await call('POST', `/organizations/${org.slug}/members/`, owner, { email: later });
    await eventually(() => assert.ok(replica.state.get('member', invited.id), 'the invite arrives'));
    assertHidden(heldBy(replica), 'a step');
    assertHidden(JSON.stringify(await exportFor('member')), 'the export');
    for (const path of [
      `/organizations/${org.slug}/members/`,
      `/organizations/${org.slug}/members/${owner.memberId}/`,
      `/organizations/${org.slug}/members/${invited.id}/`,
      `/organizations/${org.slug}/invite-requests/`,
      `/teams/${org.slug}/ops/members/`,
      `/projects/${org.slug}/engine/members/`,
      `/organizations/${org.slug}/?detailed=1`,
    ]) {
      const { status, body } = await call('GET', path, plain);
      assert.equal(status, 200, path);
      assertHidden(JSON.stringify(body), path);
    }
    for (const query of [owner.email, owner.email.slice(0, 8), `email:${owner.email}`, invitee]) {
      const found = (await call('GET', `/organizations/${org.slug}/members/?query=${encodeURIComponent(query)}`, plain)).body;
      assert.deepEqual(found, [], `a search for ${query} finds a user`);
    }
    const own = (await call('GET', `/organizations/${org.slug}/members/me/`, plain)).body;
    assert.equal(own.email, plain.email, 'members see their own address');
    const managed = (await call('GET', `/organizations/${org.slug}/members/`, owner)).body;
    assert.ok(JSON.stringify(managed).includes(invitee), 'users who manage members see the addresses');
    replica.check();
    replica.close();
  });

  it('[S-17] no replica or export contains the audit log and tokens for members who may not manage the organization', async () => {
    await call('POST', `/organizations/${org.slug}/org-auth-tokens/`, owner, { name: 'build' });
    const replica = await WireReplica.open(server.url, plain.token, org.slug);
    const kinds = new Set([...replica.records().keys()].map((key) => key.split('/')[0]));
    for (const kind of ['auth-token', 'audit-entry']) assert.ok(!kinds.has(kind), `the replica contains a ${kind}`);
    const exported = JSON.stringify(await exportFor('member'));
    assert.ok(!exported.includes('audit-entry') && !exported.includes('auth-token'), 'the export');
    assert.equal((await call('GET', `/organizations/${org.slug}/audit-logs/`, plain)).status, 403);
    const asked = new WireReplica(server.url, plain.token);
    assert.notEqual((await asked.subscribe(org.slug, { collections: ['audit', 'tokens'] })).mode, 'denied');
    await asked.live();
    assert.equal(asked.records().size, 0, 'a subscription to them gets an empty replica');
    asked.close();
    replica.close();
  });
});
