import assert from 'node:assert/strict';
import { aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { addMember, aPerson, revisionOf } from '../../support/provision.ts';
import { anIntegration } from '../../support/security-records.ts';
import { type RequestOptions, startServer, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';

describe('integrations', () => {
  let server: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
  });

  const call = (method: string, path: string, options: RequestOptions = {}) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie: org.cookie, ...options });
  const records = (kind: string) => storedRecords(server, org.id, kind);

  it('[13.12] lists only the providers that the operator has configured', async () => {
    const { status, body } = await call('GET', 'config/integrations/');
    assert.equal(status, 200);
    assert.deepEqual(
      body.providers.map(({ key, canAdd }: { key: string; canAdd: boolean }) => [key, canAdd]),
      [
        ['msteams', true],
        ['pagerduty', true],
      ],
    );
    assert.equal((await call('GET', 'config/integrations/?provider_key=pagerduty')).body.providers.length, 1);
    for (const query of ['providerKey=slack', 'provider_key=slack', 'provider_key=none']) {
      const missing = await call('GET', `config/integrations/?${query}`);
      assert.deepEqual([missing.status, missing.body], [404, { detail: 'Providers do not exist' }], query);
    }
  });

  it('[13.12] lists integrations by name, with the filters of Sentry', async () => {
    await anIntegration(server, org.id, { name: 'Beta' });
    const alpha = await anIntegration(server, org.id, { name: 'Alpha', provider: 'pagerduty', config: { eventTypes: ['member.*'] } });
    const { body } = await call('GET', 'integrations/');
    assert.deepEqual(
      body.map(({ name }: { name: string }) => name),
      ['Alpha', 'Beta'],
    );
    assert.deepEqual(body[0], {
      id: alpha.id,
      name: 'Alpha',
      icon: null,
      domainName: alpha.domainName,
      accountType: null,
      scopes: null,
      status: 'active',
      provider: {
        key: 'pagerduty',
        slug: 'pagerduty',
        name: 'PagerDuty',
        canAdd: true,
        canDisable: false,
        features: ['alert-rule', 'incident-management'],
        aspects: {},
      },
      configOrganization: [],
      configData: { eventTypes: ['member.*'] },
      externalId: alpha.externalId,
      organizationId: Number(org.id),
      organizationIntegrationStatus: 'active',
      gracePeriodEnd: null,
    });
    assert.equal((await call('GET', 'integrations/?provider_key=slack')).body[0].name, 'Beta');
    assert.equal((await call('GET', 'integrations/?features=incident-management')).body.length, 1);
    const [withoutConfig] = (await call('GET', 'integrations/?includeConfig=0')).body;
    assert.equal(withoutConfig.configData, null);
    assert.ok(!('configOrganization' in withoutConfig));
    const { cookie } = await aLoggedInMember(server, org);
    assert.equal((await call('GET', 'integrations/', { cookie })).body[0].configData, null, 'a member sees the settings');
  });

  it('[13.12] changes the given settings only, and nothing without a change', async () => {
    const { id } = await anIntegration(server, org.id, { config: { eventTypes: ['*'], channels: ['C1'] } });
    const changed = await call('POST', `integrations/${id}/`, { body: { eventTypes: ['member.added', 'team.*'], unknown: 1 } });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.deepEqual(changed.body.configData, { eventTypes: ['member.added', 'team.*'], channels: ['C1'] });
    const again = await call('POST', `integrations/${id}/`, { body: { eventTypes: ['member.added', 'team.*'] } });
    assert.equal(revisionOf(again), revisionOf(changed));
    const wrong = await call('POST', `integrations/${id}/`, { body: { eventTypes: ['no.such'], channels: ['#general'] } });
    assert.deepEqual(Object.keys(wrong.body).sort(), ['channels', 'eventTypes']);
    assert.deepEqual(wrong.body.eventTypes, ['"no.such" is not a valid choice. /api/docs lists the types of events.']);
    const disabled = await call('POST', `integrations/${id}/`, { body: { status: 'disabled' } });
    assert.deepEqual([disabled.body.status, disabled.body.organizationIntegrationStatus], ['disabled', 'disabled']);
  });

  it('[13.13] removes mappings together with the member, the team and the integration, in one revision', async () => {
    const { id: integrationId, provider } = await anIntegration(server, org.id);
    const member = await aLoggedInMember(server, org);
    const team = (await call('POST', 'teams/', { body: { slug: `team-${integrationId}` } })).body;
    const person = { provider, integrationId, externalName: '@jo', externalId: 'U1', userId: member.userId };
    const user = await call('POST', 'external-users/', { body: person });
    assert.equal(user.status, 201, JSON.stringify(user.body));
    assert.deepEqual(user.body, { id: user.body.id, ...person });
    const mapTeam = () =>
      server.request('POST', `/api/0/teams/${org.slug}/${team.slug}/external-teams/`, {
        cookie: org.cookie,
        body: { provider, integrationId, externalName: 'ops' },
      });
    const mapped = await mapTeam();
    assert.deepEqual(mapped.body, { id: mapped.body.id, provider, integrationId, externalName: 'ops', teamId: team.id });
    assert.equal((await mapTeam()).status, 409);

    const found = await call('GET', 'members/?query=hasExternalUsers:true&expand=externalUsers');
    assert.deepEqual(
      found.body.map(({ id, externalUsers }: { id: string; externalUsers: unknown }) => ({ id, externalUsers })),
      [{ id: member.memberId, externalUsers: [user.body] }],
    );
    assert.equal((await call('GET', 'members/?query=hasExternalUsers:false')).body.length, 1);
    assert.deepEqual((await call('GET', 'teams/?query=hasExternalTeams:true')).body[0].externalTeams, [mapped.body]);

    const before = revisionOf(mapped);
    const gone = await call('DELETE', `members/${member.memberId}/`);
    assert.equal(revisionOf(gone), before + 1);
    assert.deepEqual(await records('external-user'), []);
    await call('DELETE', `integrations/${integrationId}/`);
    assert.deepEqual([await records('integration'), await records('external-team')], [[], []]);
    assert.equal((await call('GET', `integrations/${integrationId}/`)).status, 404);
  });

  it('[13.13] lets members map themselves in a session, and only owners map others', async () => {
    const { id: integrationId, provider } = await anIntegration(server, org.id);
    const member = await aLoggedInMember(server, org);
    const admin = await aLoggedInMember(server, org, 'admin');
    const map = (options: RequestOptions, userId: string, externalId: string) =>
      call('POST', 'external-users/', { ...options, body: { provider, integrationId, externalName: externalId, externalId, userId } });
    assert.equal((await map({ cookie: admin.cookie }, org.owner.userId, 'U1')).status, 403, 'an admin took an owner’s rights');
    assert.equal((await map({ cookie: member.cookie }, admin.userId, 'U1')).status, 403);
    const own = await map({ cookie: member.cookie }, member.userId, 'U1');
    assert.equal(own.status, 201, JSON.stringify(own.body));
    assert.equal((await map({ cookie: org.cookie }, admin.userId, 'U1')).status, 409);
    const taken = await call('PUT', `external-users/${own.body.id}/`, { cookie: member.cookie, body: { userId: admin.userId } });
    assert.equal(taken.status, 403);
    const byToken = await aPerson(server);
    await addMember(server, org, byToken, 'manager');
    const body = { provider, integrationId, externalName: 'U2', userId: byToken.userId };
    const path = `/api/0/organizations/${org.slug}/external-users/`;
    assert.equal((await server.request('POST', path, { token: byToken.token, body })).status, 403, 'a token mapped its user');
    assert.equal((await call('DELETE', `external-users/${own.body.id}/`, { cookie: member.cookie })).status, 204);
    assert.equal((await map({ cookie: org.cookie }, '1', 'U3')).status, 400);
  });

  it('[13.13] maps two people with the same name by their ids, because a login may change hands', async () => {
    const { id: integrationId, provider } = await anIntegration(server, org.id);
    const member = await aLoggedInMember(server, org);
    const map = (userId: string, ids: object) =>
      call('POST', 'external-users/', { body: { provider, integrationId, externalName: 'octocat', userId, ...ids } });
    assert.equal((await map(member.userId, { externalId: 'U1' })).status, 201);
    const reused = await map(org.owner.userId, { externalId: 'U2' });
    assert.equal(reused.status, 201, JSON.stringify(reused.body));
    assert.equal((await map(org.owner.userId, {})).status, 409);
  });

  it('[13.13] reports one error for each missing or unknown field', async () => {
    const { id: integrationId } = await anIntegration(server, org.id);
    const required = ['This field is required.'];
    const map = async (body: object) => (await call('POST', 'external-users/', { body })).body;
    assert.deepEqual(await map({}), { externalName: required, provider: required, integrationId: required, userId: required });
    const person = { externalName: 'jo', userId: org.owner.userId };
    const unknown = { integrationId: ['This integration does not exist.'] };
    assert.deepEqual(await map({ ...person, provider: 'slack', integrationId: '1' }), unknown);
    assert.deepEqual(await map({ ...person, provider: 'github', integrationId }), unknown);
    assert.deepEqual(await map({ ...person, provider: 'slack', integrationId, userId: '1' }), { userId: ['This user is not a member.'] });
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    const team = await server.request('POST', `/api/0/teams/${org.slug}/team-${org.id}/external-teams/`, { cookie: org.cookie, body: {} });
    assert.deepEqual(team.body, { externalName: required, provider: required, integrationId: required });
  });
});
