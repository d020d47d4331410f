import assert from 'node:assert/strict';
import { connect, type OrganizationHandle } from '../../client-sdk/src/index.ts';
import { routes } from '../../server/src/http/routes.ts';
import { anExport, importFile, linesOf } from '../support/archives.ts';
import { eventually } from '../support/eventually.ts';
import { nextNumber } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';
import { anOwnerAccount, aWholeOrganization, type WholeOrganization } from './whole-organization.ts';
import { fillIn, namesOf, parametersOf } from './writing-routes.ts';

/** A part of every external id, which is searched for in all that members receive. */
const canary = 'canary-external-id';

describe('external ids', function () {
  this.timeout(120_000);
  let server: TestServer;
  let org: WholeOrganization;
  let serviceToken: string;

  before(async () => {
    server = await startServer();
    org = await aWholeOrganization(server, await anOwnerAccount(server));
    serviceToken = (await server.operate('POST', '/service-tokens/', { name: 'back end' })).body.token;
    await setExternalId(`/organizations/${org.id}/`);
    for (const { userId } of Object.values(org.people)) await setExternalId(`/users/${userId}/`);
  });
  after(() => server?.stop());

  async function setExternalId(path: string): Promise<string> {
    const externalId = `${canary}-${nextNumber()}`;
    const { status, body } = await server.operate('PUT', path, { externalId });
    assert.equal(status, 200, JSON.stringify(body));
    return externalId;
  }
  const headOf = async () =>
    Number(
      (await server.services.db.selectFrom('org_heads').select('revision').where('organization_id', '=', org.id).executeTakeFirstOrThrow())
        .revision,
    );
  const hasCanary = (value: unknown) => JSON.stringify(value ?? '').includes(canary);

  it('[S-62] no external id is in a response to an owner, also not in the list of changes', async () => {
    const leaks: string[] = [];
    let searched = 0;
    for (const { method, path: route, callers } of routes) {
      if (method !== 'GET' || callers !== undefined || route.includes('/stream/')) continue;
      const own = Object.fromEntries(parametersOf(route).map((name) => [name, namesOf(org, route, name)[0]!]));
      const { status, body } = await server.request('GET', `${fillIn(route, own)}${route.endsWith('/changes/') ? '?after=floor' : ''}`, {
        cookie: org.owner.cookie,
      });
      if (status < 400) searched++;
      if (hasCanary(body)) leaks.push(route);
    }
    assert.ok(searched > 30, `${searched} responses were searched`);
    assert.deepEqual(leaks, []);
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/changes/?after=floor&limit=200`, {
      token: org.owner.token,
    });
    assert.ok(JSON.stringify(body).includes('member.added'));
  });

  it('[S-62] no external id is in a frame to a member of any role, while a service receives each change', async () => {
    const service = await WireReplica.open(server.url, serviceToken, org.id);
    const replicas = await Promise.all(Object.values(org.people).map(({ token }) => WireReplica.open(server.url, token, org.slug)));
    const { userId } = org.people.member;
    const [ofUser, ofOrganization] = [await setExternalId(`/users/${userId}/`), await setExternalId(`/organizations/${org.id}/`)];
    const head = await headOf();
    for (const replica of [service, ...replicas]) await replica.reach(head);
    const externalIdIn = ({ state }: WireReplica, id: string) => state.get('external-id', id)?.externalId;
    assert.deepEqual([externalIdIn(service, userId), externalIdIn(service, 'organization')], [ofUser, ofOrganization]);
    for (const { frames } of replicas) assert.ok(!hasCanary(frames));
    for (const replica of [service, ...replicas]) replica.close();
  });

  it('[S-62] no external id is in an exported file with its history, whose counts are right', async () => {
    const file = await anExport(server, org.id, { history: true });
    const lines = linesOf(file);
    assert.ok(lines.some(({ entry }) => entry?.changes.length > 0));
    assert.deepEqual([hasCanary(lines), lines.some(({ kind }) => kind === 'external-id')], [false, false]);
    const imported = await importFile(server, file, org.owner.userId);
    assert.equal(imported.status, 201, JSON.stringify(imported.body));
  });

  it('[S-62] an external id names no user in a decision for a member, but does in one for a service, under enhanced privacy', async () => {
    const { userId, token } = org.people.manager;
    const externalId = await setExternalId(`/users/${userId}/`);
    const changed = await server.request('PUT', `/api/0/organizations/${org.slug}/`, {
      token: org.owner.token,
      body: { enhancedPrivacy: true },
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const decide = async (caller: string, wanted = externalId) => {
      const query = `externalId=${wanted}&scope=org:write`;
      const { status, body } = await server.request('GET', `/api/0/organizations/${org.slug}/can/?${query}`, { token: caller });
      assert.equal(status, 200, JSON.stringify(body));
      return body.why;
    };
    assert.deepEqual([await decide(token), await decide(org.owner.token)], ['not-a-member', 'not-a-member']);
    assert.deepEqual([await decide(serviceToken), await decide(serviceToken, 'unknown')], ['org-role', 'not-a-member']);
  });

  it('external ids name users in `can` of a service, until they change, the member leaves or the user is erased', async () => {
    using client = connect({ url: server.url, token: serviceToken, organizations: 'all' });
    const handle: OrganizationHandle = client.organization(org.id);
    await handle.ready();
    const decide = (externalId: string) => handle.can({ externalId }, 'org:read').why;
    const { userId, memberId } = org.people.admin;
    const first = await setExternalId(`/users/${userId}/`);
    await eventually(() => assert.equal(decide(first), 'org-role'));
    const second = await setExternalId(`/users/${userId}/`);
    await eventually(() => assert.deepEqual([decide(first), decide(second)], ['not-a-member', 'org-role']));

    const ofOrganization = await setExternalId(`/organizations/${org.id}/`);
    await eventually(() => assert.equal(client.organizations.list.find(({ id }) => id === org.id)?.externalId, ofOrganization));
    assert.equal(decide(ofOrganization), 'not-a-member', 'that of the organization names no user');

    const remove = await server.request('DELETE', `/api/0/organizations/${org.slug}/members/${memberId}/`, { token: org.owner.token });
    assert.equal(remove.status, 204);
    await eventually(() => assert.equal(decide(second), 'not-a-member'));
    const added = await server.operate('POST', `/organizations/${org.id}/members/`, { userId, orgRole: 'admin' });
    assert.equal(added.status, 201, JSON.stringify(added.body));
    await eventually(() => assert.equal(decide(second), 'org-role'));

    const erased = await server.operate('DELETE', `/users/${userId}/?mode=erase`);
    assert.equal(erased.status, 202, JSON.stringify(erased.body));
    await eventually(() =>
      assert.deepEqual([decide(second), handle.state.externalIds.some(({ id }) => id === userId)], ['not-a-member', false]),
    );
    await eventually(
      async () => {
        const rows = await server.services.db
          .selectFrom('change_log')
          .select(['before', 'after'])
          .where('kind', '=', 'external-id')
          .where('record_id', '=', userId)
          .execute();
        assert.ok(rows.length > 2, 'not yet');
        assert.ok(!hasCanary(rows), 'the history still has an external id of the erased user');
      },
      { timeoutMs: 20_000 },
    );
  });
});
