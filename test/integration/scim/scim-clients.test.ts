import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { enableScim, patchOf, type ScimClient } from '../../support/scim.ts';
import { startServer, type TestResponse, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/**
 * The requests of identity providers in their order, with their bodies: provisioning a user and a
 * group, changes, and deprovisioning. A change is live within a second.
 */

const within = { timeoutMs: 1_000 };
const userSchemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const filterOf = (filter: string) => `filter=${encodeURIComponent(filter)}`;

describe('a SCIM client', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let scim: ScimClient;
  let replica: WireReplica;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  afterEach(() => replica?.close());

  async function begin(key: string): Promise<void> {
    org = await anOrganizationOf(server, await aPerson(server));
    scim = await enableScim(server, org.id, key);
    replica = await WireReplica.open(server.url, org.owner.token, org.slug);
  }

  async function call(status: number, method: string, path: string, body?: unknown): Promise<TestResponse> {
    const answer = await scim(method, path, body, { 'Content-Type': 'application/scim+json', Accept: 'application/scim+json' });
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  const record = (kind: string, id: string) => replica.records().get(`${kind}/${id}`) as Record<string, unknown> | undefined;

  async function isLive({ headers }: TestResponse): Promise<void> {
    const revision = revisionOf({ headers });
    await eventually(() => assert.ok(replica.revision >= revision, 'the socket does not show the change'), within);
  }

  async function assertGone(id: string): Promise<void> {
    await eventually(() => assert.equal(record('member', id), undefined), within);
  }

  it('[12] provisions, changes and deprovisions users with the requests of Okta', async () => {
    await begin('okta');
    const userName = `okta-${nextNumber()}@example.com`;
    await call(200, 'GET', '/Users?startIndex=1&count=2');
    assert.equal((await call(200, 'GET', `/Users?${filterOf(`userName eq "${userName}"`)}&startIndex=1&count=100`)).body.totalResults, 0);
    const created = await call(201, 'POST', '/Users', {
      schemas: userSchemas,
      userName,
      name: { givenName: 'Test', familyName: 'User' },
      emails: [{ primary: true, value: userName, type: 'work' }],
      displayName: 'Test User',
      locale: 'en-US',
      externalId: '00ujl29u0le5T6Aj10h7',
      groups: [],
      password: '1mz050nq',
      active: true,
    });
    const { id } = created.body;
    await isLive(created);
    assert.equal(record('member', id)?.email, userName);
    assert.equal((await call(200, 'GET', `/Users/${id}`)).body.externalId, '00ujl29u0le5T6Aj10h7');
    const put = await call(200, 'PUT', `/Users/${id}`, { ...created.body, name: { givenName: 'Another', familyName: 'Name' } });
    assert.equal(put.body.userName, userName);
    // The provider repeats the request, as after a response that was lost.
    await call(400, 'POST', '/Users', { schemas: userSchemas, userName, active: true });

    const group = await call(201, 'POST', '/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'Okta Group',
      members: [],
    });
    const groupId = group.body.id;
    const pushed = patchOf(
      { op: 'replace', value: { id: groupId, displayName: 'Okta Group 2' } },
      { op: 'replace', path: 'members', value: [{ value: id, display: userName }] },
    );
    await isLive(await call(204, 'PATCH', `/Groups/${groupId}`, pushed));
    assert.equal(record('team', groupId)?.slug, 'okta-group-2');
    await call(204, 'PATCH', `/Groups/${groupId}`, patchOf({ op: 'remove', path: `members[value eq "${id}"]` }));
    await call(204, 'PATCH', `/Groups/${groupId}`, patchOf({ op: 'add', path: 'members', value: [{ value: id, display: userName }] }));
    await call(204, 'PATCH', `/Users/${id}`, patchOf({ op: 'replace', value: { active: false } }));
    await assertGone(id);
    assert.equal((await call(200, 'GET', `/Users?${filterOf(`userName eq "${userName}"`)}`)).body.totalResults, 0);
    await call(204, 'DELETE', `/Groups/${groupId}`);
    const again = await call(201, 'POST', '/Users', { schemas: userSchemas, userName, externalId: '00ujl29u0le5T6Aj10h7', active: true });
    assert.equal((await call(200, 'PUT', `/Users/${again.body.id}`, { ...again.body, active: false })).body.active, false);
    await assertGone(again.body.id);
  });

  it('[12] provisions, changes and deprovisions users with the requests of Entra ID', async () => {
    await begin('active-directory');
    const userName = `entra-${nextNumber()}@example.com`;
    assert.equal((await call(200, 'GET', `/Users?${filterOf('userName eq "3a7c6b0e-no-such-user"')}`)).body.totalResults, 0);
    assert.equal((await call(200, 'GET', `/Users?${filterOf('externalId eq "jyoung"')}`)).body.totalResults, 0);
    const created = await call(201, 'POST', '/Users', {
      schemas: [...userSchemas, enterprise],
      externalId: 'jyoung',
      userName,
      active: true,
      displayName: 'Joy Young',
      emails: [{ type: 'work', value: userName, primary: true }],
      meta: { resourceType: 'User' },
      name: { familyName: 'Young', givenName: 'Joy' },
      [enterprise]: { department: 'bob', manager: { value: '7' } },
    });
    const { id } = created.body;
    assert.ok(!('active' in created.body));
    await isLive(created);
    assert.deepEqual((await call(200, 'GET', `/Users?${filterOf('externalId eq "jyoung"')}`)).body.Resources[0].id, id);
    await call(
      200,
      'PATCH',
      `/Users/${id}`,
      patchOf(
        { op: 'Replace', path: 'emails[type eq "work"].value', value: 'other@example.com' },
        { op: 'Add', path: 'name.givenName', value: 'Joyce' },
        { op: 'Add', path: `${enterprise}:manager`, value: [{ value: '7' }] },
        { op: 'Replace', value: { 'name.familyName': 'Old', [`${enterprise}:department`]: 'alice', displayName: 'Joyce' } },
      ),
    );
    const group = await call(201, 'POST', '/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group', 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
      externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
      displayName: 'Entra Group',
      meta: { resourceType: 'Group' },
    });
    const groupId = group.body.id;
    await call(200, 'GET', `/Groups/${groupId}?excludedAttributes=members`);
    await call(200, 'GET', `/Groups?excludedAttributes=members&${filterOf('displayName eq "Entra Group"')}`);
    await isLive(
      await call(204, 'PATCH', `/Groups/${groupId}`, patchOf({ op: 'Add', path: 'members', value: [{ $ref: null, value: id }] })),
    );
    const isMember = `/Groups?excludedAttributes=members&${filterOf(`id eq "${groupId}" and members eq "${id}"`)}`;
    assert.equal((await call(200, 'GET', isMember)).body.totalResults, 1);
    await call(204, 'PATCH', `/Groups/${groupId}`, patchOf({ op: 'Replace', path: 'displayName', value: 'Entra Group 2' }));
    await isLive(
      await call(204, 'PATCH', `/Groups/${groupId}`, patchOf({ op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] })),
    );
    assert.equal((await call(200, 'GET', isMember)).body.totalResults, 0);
    await call(204, 'PATCH', `/Users/${id}`, patchOf({ op: 'Replace', path: 'active', value: 'False' }));
    await assertGone(id);
    await call(404, 'DELETE', `/Users/${id}`);
    const metrics = await server.request('GET', '/metrics', { token: server.operatorToken });
    for (const outcome of ['done', 'refused'])
      assert.match(metrics.body, new RegExp(`rollcall_scim_requests_total\\{outcome="${outcome}"\\} [1-9]`));
    await call(204, 'DELETE', `/Groups/${groupId}`);
  });

  it('[12] provisions, changes and deprovisions users with the requests of OneLogin', async () => {
    await begin('onelogin');
    const userName = `onelogin-${nextNumber()}@example.com`;
    await call(200, 'GET', `/Users?${filterOf(`userName eq "${userName}"`)}`);
    const body = {
      schemas: userSchemas,
      userName,
      name: { givenName: 'O', familyName: 'L' },
      emails: [{ value: userName, type: 'work', primary: true }],
    };
    const created = await call(201, 'POST', '/Users', { ...body, active: 'true', sentryOrgRole: 'Admin' });
    await isLive(created);
    const { id } = created.body;
    assert.equal(record('member', id)?.orgRole, 'admin');
    const raised = await call(200, 'PUT', `/Users/${id}`, { ...body, id, active: 'true', sentryOrgRole: 'manager' });
    await isLive(raised);
    assert.equal(record('member', id)?.orgRole, 'manager');
    await call(204, 'PATCH', `/Users/${id}`, patchOf({ op: 'replace', path: 'active', value: 'false' }));
    await assertGone(id);
  });

  it('[12] provisions, changes and deprovisions users with the requests of JumpCloud', async () => {
    await begin('jumpcloud');
    const userName = `jumpcloud-${nextNumber()}@example.com`;
    const whole = {
      schemas: userSchemas,
      userName,
      externalId: '5f0c1b',
      name: { givenName: 'J', familyName: 'C' },
      emails: [{ value: userName, type: 'work', primary: true }],
    };
    await call(200, 'GET', `/Users?${filterOf(`userName eq "${userName}"`)}&startIndex=1&count=100`);
    const created = await call(201, 'POST', '/Users', { ...whole, active: true });
    const { id } = created.body;
    await isLive(created);
    await call(200, 'PUT', `/Users/${id}`, { ...whole, id, active: true });
    await call(200, 'PATCH', `/Users/${id}`, patchOf({ op: 'replace', value: { active: true, name: { givenName: 'K' } } }));
    await call(200, 'GET', `/Groups?${filterOf('displayName eq "JC Group"')}`);
    const group = await call(201, 'POST', '/Groups', { displayName: 'JC Group', members: [{ value: id }] });
    await isLive(group);
    assert.equal(group.body.members[0].value, id);
    await call(204, 'PATCH', `/Users/${id}`, patchOf({ op: 'replace', value: { active: false, name: { givenName: 'K' } } }));
    await assertGone(id);
  });

  const spellings: readonly (readonly [string, (userName: string) => readonly [method: string, body: unknown]])[] = [
    ['false', () => ['PATCH', patchOf({ op: 'replace', path: 'active', value: false })]],
    ['"False"', () => ['PATCH', patchOf({ op: 'replace', path: 'active', value: 'False' })]],
    ['"false"', () => ['PATCH', patchOf({ op: 'replace', path: 'active', value: 'false' })]],
    ['no path', () => ['PATCH', patchOf({ op: 'replace', value: { active: false } })]],
    ['a capital operation', () => ['PATCH', patchOf({ op: 'Replace', path: 'active', value: false })]],
    ['PUT', (userName) => ['PUT', { schemas: userSchemas, userName, active: false }]],
    ['PUT with "false"', (userName) => ['PUT', { schemas: userSchemas, userName, active: 'false' }]],
  ];

  it('[S-45] ends the sockets of a user within a second in every spelling of a deactivation', async () => {
    await begin('okta');
    for (const [name, spell] of spellings) {
      const person = await aPerson(server);
      await addMember(server, org, person, 'manager');
      const own = await WireReplica.open(server.url, person.token, org.slug);
      const [method, body] = spell(person.email);
      const answer = await scim(method, `/Users/${person.memberId}`, body);
      assert.equal(answer.status, method === 'PUT' ? 200 : 204, name);
      await eventually(() => assert.equal(own.revoked?.reason, 'removed', name), within);
      await assertGone(person.memberId!);
      assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: person.token })).status, 403, name);
      own.close();
    }
  });

  it('[S-45] may send five requests at once, of which one per user succeeds', async () => {
    await begin('okta');
    const userName = `same-${nextNumber()}@example.com`;
    const answers = await Promise.all(Array.from({ length: 5 }, () => scim('POST', '/Users', { schemas: userSchemas, userName })));
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 400, 400, 400, 400]);
    const person = await aPerson(server);
    await addMember(server, org, person, 'member');
    const members = await Promise.all(
      Array.from({ length: 2 }, () => scim('POST', '/Users', { schemas: userSchemas, userName: person.email })),
    );
    assert.deepEqual(
      members.map(({ status }) => status),
      [409, 409],
    );
  });
});
