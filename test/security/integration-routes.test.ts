import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { aPerson } from '../support/provision.ts';
import { anIntegration } from '../support/security-records.ts';
import { type RequestOptions, startServer, type TestServer } from '../support/server.ts';

describe('the routes of integrations', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let others: OrgWithOwner;
  let integrationId: string;
  let userMappingId: string;
  let teamSlug: string;
  let teamMappingId: string;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    others = await anOrgWithOwner(server);
    const { id, provider } = await anIntegration(server, org.id);
    integrationId = id;
    teamSlug = `team-${id}`;
    const call = (path: string, body: unknown) => server.request('POST', `/api/0/${path}`, { cookie: org.cookie, body });
    await call(`organizations/${org.slug}/teams/`, { slug: teamSlug });
    const person = { provider, integrationId, externalName: 'jo', userId: org.owner.userId };
    userMappingId = (await call(`organizations/${org.slug}/external-users/`, person)).body.id;
    teamMappingId = (await call(`teams/${org.slug}/${teamSlug}/external-teams/`, person)).body.id;
  });

  async function callAll(options: RequestOptions, ids = { integrationId, userMappingId, teamMappingId }, slug = org.slug, team = teamSlug) {
    const person = { provider: 'slack', integrationId: ids.integrationId, externalName: 'evil', userId: org.owner.userId };
    const calls: readonly (readonly [string, string, unknown?])[] = [
      ['POST', `organizations/${slug}/integrations/${ids.integrationId}/`, { eventTypes: ['*'] }],
      ['POST', `organizations/${slug}/external-users/`, person],
      ['PUT', `organizations/${slug}/external-users/${ids.userMappingId}/`, { externalName: 'evil' }],
      ['DELETE', `organizations/${slug}/external-users/${ids.userMappingId}/`],
      ['POST', `teams/${slug}/${team}/external-teams/`, person],
      ['PUT', `teams/${slug}/${team}/external-teams/${ids.teamMappingId}/`, { externalName: 'evil' }],
      ['DELETE', `teams/${slug}/${team}/external-teams/${ids.teamMappingId}/`],
      ['DELETE', `organizations/${slug}/integrations/${ids.integrationId}/`],
    ];
    const found: number[] = [];
    for (const [method, path, body] of calls) {
      const { status } = await server.request(method, `/api/0/${path}`, { ...options, ...(body === undefined ? {} : { body }) });
      found.push(status);
    }
    return found;
  }

  async function assertUnchanged(): Promise<void> {
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    const kept = body.records.filter(({ kind }: { kind: string }) => /^(integration|external-)/.test(kind));
    assert.deepEqual(
      kept.map(({ record }: { record: { id: string } }) => record.id).sort(),
      [integrationId, userMappingId, teamMappingId].sort(),
    );
    assert.ok(!JSON.stringify(kept).includes('evil') && !JSON.stringify(kept).includes('*'));
  }

  it('[S-01] refuse callers without a credential, strangers, owners of other organizations and members', async () => {
    const refused = (status: number) => Array.from({ length: 8 }, () => status);
    assert.deepEqual(await callAll({}), refused(401));
    assert.deepEqual(await callAll({ token: (await aPerson(server)).token }), refused(403));
    assert.deepEqual(await callAll({ cookie: others.cookie }), refused(403));
    const { cookie } = await aLoggedInMember(server, org);
    assert.deepEqual(await callAll({ cookie }), refused(403));
    for (const path of ['config/integrations/', 'integrations/', `integrations/${integrationId}/`]) {
      const read = (options: RequestOptions) => server.request('GET', `/api/0/organizations/${org.slug}/${path}`, options);
      assert.equal((await read({})).status, 401);
      assert.equal((await read({ cookie: others.cookie })).status, 403);
      assert.equal((await read({ cookie })).status, 200);
    }
    await assertUnchanged();
  });

  it('[S-03] find no integration and no mapping of another organization', async () => {
    const own = { cookie: others.cookie };
    await server.request('POST', `/api/0/organizations/${others.slug}/teams/`, { ...own, body: { slug: 'ours' } });
    const found = await callAll(own, undefined, others.slug, 'ours');
    assert.deepEqual(found, [404, 400, 404, 404, 400, 404, 404, 404]);
    assert.equal((await server.request('GET', `/api/0/organizations/${others.slug}/integrations/${integrationId}/`, own)).status, 404);
    for (const id of ['0', 'x', '9'.repeat(18), '9'.repeat(40)]) {
      const ids = { integrationId: id, userMappingId: id, teamMappingId: id };
      const statuses = await callAll({ cookie: org.cookie }, ids);
      assert.deepEqual(statuses, [404, 400, 404, 404, 400, 404, 404, 404], id);
    }
    await assertUnchanged();
  });

  it('[S-01] do not read a body of 8 MB', async () => {
    const body = JSON.stringify({ externalName: 'x'.repeat(8 * 1024 * 1024) });
    for (const path of [`integrations/${integrationId}/`, 'external-users/']) {
      const send = (options: RequestOptions) => server.request('POST', `/api/0/organizations/${org.slug}/${path}`, { ...options, body });
      assert.equal((await send({ token: (await aPerson(server)).token })).status, 403);
      assert.equal((await send({ cookie: org.cookie })).status, 413);
    }
    await assertUnchanged();
  });

  it('[S-01] [S-03] refuse drift and synchronization to callers without the scope, and for other organizations', async () => {
    const { id } = await anIntegration(server, org.id, { provider: 'github' });
    await server.services.db
      .insertInto('directory_reads')
      .values({ integration_id: id, organization_id: org.id, next_read_at: sql`now()` })
      .execute();
    const attempt = async (options: RequestOptions, slug = org.slug, integration = id) => {
      const path = `/api/0/organizations/${slug}/integrations/${integration}/`;
      const drift = await server.request('GET', `${path}drift/`, options);
      const sync = await server.request('POST', `${path}sync/`, { ...options, body: { confirm: true } });
      return [drift.status, sync.status];
    };
    assert.deepEqual(await attempt({}), [401, 401]);
    assert.deepEqual(await attempt({ token: (await aPerson(server)).token }), [403, 403]);
    assert.deepEqual(await attempt({ cookie: others.cookie }), [403, 403]);
    assert.deepEqual(await attempt({ cookie: (await aLoggedInMember(server, org)).cookie }), [403, 403]);
    assert.deepEqual(await attempt({ cookie: others.cookie }, others.slug), [404, 404]);
    for (const missing of ['0', 'x', '9'.repeat(40)])
      assert.deepEqual(await attempt({ cookie: org.cookie }, org.slug, missing), [404, 404]);
    // The operator has not configured GitHub, and Slack has no directory.
    assert.deepEqual(await attempt({ cookie: org.cookie }), [200, 400]);
    assert.deepEqual(await attempt({ cookie: org.cookie }, org.slug, integrationId), [400, 400]);
    const body = JSON.stringify({ confirm: 'x'.repeat(8 * 1024 * 1024) });
    const sent = await server.request('POST', `/api/0/organizations/${org.slug}/integrations/${id}/sync/`, { cookie: org.cookie, body });
    assert.equal(sent.status, 413);
  });

  it('[S-01] start no job without the operator’s token', async () => {
    const start = (options: RequestOptions) => server.request('POST', '/api/operator/jobs/directories/', { ...options, body: {} });
    for (const options of [{}, { cookie: org.cookie }, { token: (await aPerson(server)).token }])
      assert.equal((await start(options)).status, 401);
    const operate = (body: object) => server.operate('POST', '/jobs/directories/', body);
    assert.equal((await operate({ organization: org.slug })).status, 202);
    assert.equal((await operate({ organization: 'no-such-organization' })).status, 400);
    assert.equal((await operate({})).status, 202);
  });
});
