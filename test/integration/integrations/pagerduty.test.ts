import assert from 'node:assert/strict';
import type { OrganizationRecord } from '@rollcall/protocol';
import { eventually } from '../../support/eventually.ts';
import { ageLogin, aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { PagerDutyStandIn } from '../../support/providers/pagerduty.ts';
import { DeliveryPump } from '../../support/providers/pump-deliveries.ts';
import { aPerson, nextNumber } from '../../support/provision.ts';
import { addAuthProvider, changeOrganization, changeRecords } from '../../support/security-records.ts';
import { type RequestOptions, startServerWith, type TestServer } from '../../support/server.ts';

describe('PagerDuty', () => {
  let pagerDuty: PagerDutyStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let integrationKey: string;

  before(async () => {
    pagerDuty = await PagerDutyStandIn.start();
    server = await startServerWith(pagerDuty, { PAGERDUTY_URL: pagerDuty.url });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    integrationKey = String(nextNumber()).padStart(32, 'k');
    pagerDuty.keys.add(integrationKey);
    pagerDuty.accepted.length = 0;
    pagerDuty.next.length = 0;
  });

  const call = (method: string, path: string, options: RequestOptions = {}) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie: org.cookie, ...options });
  const connect = (options: RequestOptions = {}) =>
    call('POST', 'integrations/pagerduty/', { body: { integrationKey, name: 'Ops' }, ...options });

  async function connected(changes: object = {}) {
    const { status, body } = await connect();
    assert.equal(status, 201, JSON.stringify(body));
    const { id } = body;
    await call('POST', `integrations/${id}/`, { body: changes });
    pagerDuty.accepted.length = 0;
    return { id, pump: await DeliveryPump.open(server, org.id, id) };
  }

  it('[13.12] refuses outsiders before it calls PagerDuty', async () => {
    assert.equal((await connect({ cookie: undefined } as unknown as RequestOptions)).status, 401);
    const stranger = await aPerson(server);
    const others = await anOrgWithOwner(server);
    const { cookie } = await aLoggedInMember(server, org);
    const path = `/api/0/organizations/${org.slug}/integrations/pagerduty/`;
    const body = { integrationKey, name: 'Ops' };
    assert.equal((await server.request('POST', path, { token: stranger.token, body })).status, 403);
    assert.equal((await connect({ cookie: others.cookie })).status, 403);
    assert.equal((await connect({ cookie })).status, 403);
    assert.equal((await connect({ body: JSON.stringify({ name: 'x'.repeat(8 * 1024 * 1024) }) })).status, 413);
    await ageLogin(server, org.cookie);
    assert.equal((await connect()).body.detail.code, 'sudo-required');
    assert.deepEqual(pagerDuty.accepted, []);
  });

  it('[13.12] connects a service only after PagerDuty has accepted an event', async () => {
    pagerDuty.keys.delete(integrationKey);
    const refused = await connect();
    assert.deepEqual([refused.status, refused.body], [400, { integrationKey: ['PagerDuty refused the event.'] }]);
    assert.equal((await connect({ body: { integrationKey: 'short', name: 'Ops' } })).status, 400);
    pagerDuty.keys.add(integrationKey);
    const { status, body } = await connect();
    assert.deepEqual([status, body.name, body.provider.key, body.configData], [201, 'Ops', 'pagerduty', { eventTypes: [], alerts: true }]);
    assert.deepEqual(pagerDuty.changes, [`${org.slug}: PagerDuty gets events`]);
    const tested = await call('POST', `integrations/${body.id}/test/`);
    assert.deepEqual([tested.status, tested.body.status, tested.body.error], [200, 202, null]);
    assert.ok(!JSON.stringify([body, tested.body]).includes(integrationKey));
    assert.deepEqual((await call('GET', `integrations/${body.id}/deliveries/`)).body, []);
  });

  it('[13.12] connects a service again without a revocation, and calls PagerDuty at most 20 times a minute', async () => {
    assert.equal((await connect()).status, 201);
    assert.equal((await connect()).status, 201);
    const { db } = server.services;
    const revocations = await db
      .selectFrom('provider_revocations')
      .select('integration_id')
      .where('organization_id', '=', org.id)
      .execute();
    assert.deepEqual(revocations, []);
    const refused = { body: { integrationKey: 'x'.repeat(32), name: 'Ops' } };
    for (let number = 3; number <= 20; number++) assert.equal((await connect(refused)).status, 400);
    const limited = await connect();
    assert.deepEqual([limited.status, pagerDuty.accepted.length], [429, 2]);
    org = await anOrgWithOwner(server);
    assert.equal((await connect(refused)).status, 400);
  });

  it('[S-52] does not connect a service that another organization has connected', async () => {
    await connected();
    org = await anOrgWithOwner(server);
    assert.equal((await connect()).status, 409);
  });

  it('[S-51] stores the key in no record, log entry, audit entry or table in clear', async () => {
    await connected({ eventTypes: ['*'] });
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    assert.ok(!JSON.stringify(body).includes(integrationKey));
    for (const table of ['integrations', 'change_log', 'audit_entries', 'org_secrets', 'log_consumers', 'deliveries'] as const) {
      const rows = await server.services.db.selectFrom(table).selectAll().execute();
      assert.ok(!JSON.stringify(rows).includes(integrationKey), table);
    }
  });

  it('[13.12] opens an alert for each risk, and resolves it when the risk ends', async () => {
    const { pump } = await connected();
    const member = await aLoggedInMember(server, org);
    const setRole = (orgRole: string) => call('PUT', `members/${member.memberId}/`, { body: { orgRole } });
    await setRole('owner');
    await pump.run();
    const second = await aLoggedInMember(server, org, 'owner');
    await pump.run();
    await setRole('member');
    await pump.run();
    const key = `rollcall:${org.id}:owner-added`;
    assert.deepEqual(pagerDuty.alerts, [`trigger ${key}`, `trigger ${key}`], 'resolved although another owner was added');
    await call('DELETE', `members/${second.memberId}/`);
    await pump.run();
    assert.deepEqual(pagerDuty.alerts.slice(2), [`resolve ${key}`]);
    assert.deepEqual(pagerDuty.changes, []);
    const { payload, links } = pagerDuty.accepted[0]!.body;
    assert.deepEqual([payload.severity, payload.source], ['warning', new URL(server.url).host]);
    assert.equal(links[0]!.href, `${server.url}/organizations/${org.slug}/audit-log/`);
  });

  it('[13.12] opens and resolves the alerts for two-factor authentication and single sign-on', async () => {
    const { pump } = await connected();
    const change = async (fields: Partial<OrganizationRecord>) => {
      await changeRecords(server, org.id, (state) => changeOrganization(state, fields));
      await pump.run();
    };
    await change({ require2FA: true });
    await change({ require2FA: false });
    await change({ require2FA: true });
    await change({ name: 'Another name' });
    await addAuthProvider(server, org.id);
    await change({ requiresSso: true });
    await change({ requiresSso: false });
    await change({ requiresSso: true });
    const [secondFactor, sso] = ['require-2fa-off', 'sso-not-required'].map((risk) => `rollcall:${org.id}:${risk}`);
    assert.deepEqual(pagerDuty.alerts, [
      `resolve ${secondFactor}`,
      `trigger ${secondFactor}`,
      `resolve ${secondFactor}`,
      `resolve ${sso}`,
      `trigger ${sso}`,
      `resolve ${sso}`,
    ]);
    const triggered = pagerDuty.accepted.filter(({ body }) => body.event_action === 'trigger').map(({ body: { payload } }) => payload);
    assert.deepEqual(
      triggered.map(({ severity, summary }) => [severity, summary]),
      [
        ['error', `${org.slug}: Two-factor authentication is no longer required`],
        ['error', `${org.slug}: Single sign-on is no longer required`],
      ],
    );
  });

  it('[13.12] sends one change event per revision for the chosen types', async () => {
    const { pump } = await connected({ eventTypes: ['team.*'], alerts: false });
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    await call('PUT', '', { body: { name: 'Another name' } });
    await pump.run();
    assert.deepEqual(pagerDuty.changes, [`${org.slug}: team team-${org.id}: created; team: member joined`]);
  });

  it('[13.12] gets events soon after they happen, and lists the deliveries', async () => {
    const { body } = await connect();
    await call('POST', `integrations/${body.id}/`, { body: { eventTypes: ['team.*'] } });
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    await eventually(() => assert.equal(pagerDuty.changes.at(-1), `${org.slug}: team team-${org.id}: created; team: member joined`));
    await eventually(async () => {
      const [delivery] = (await call('GET', `integrations/${body.id}/deliveries/`)).body;
      assert.deepEqual([delivery?.status, delivery?.error], [202, null]);
    });
  });

  it('[13.12] retries what PagerDuty may accept later, and skips what it refuses', async () => {
    const { id, pump } = await connected({ eventTypes: ['team.*'], alerts: false });
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    pagerDuty.next.push({ status: 429, retryAfter: 7 }, { status: 503 }, 'reset');
    const outcomes = [...(await pump.run()), ...(await pump.run()), ...(await pump.run())];
    assert.deepEqual(
      outcomes.map(({ outcome, status, retryAfterSeconds }) => [outcome, status, retryAfterSeconds]),
      [
        ['failed', 429, 7],
        ['failed', 503, undefined],
        ['failed', null, undefined],
      ],
    );
    pagerDuty.keys.delete(integrationKey);
    assert.deepEqual(
      (await pump.run()).map(({ outcome, status }) => [outcome, status]),
      [['refused', 400]],
    );
    await server.services.integrationConsumer.disable({ orgId: org.id, recordId: id }, 'failed-too-long', async () => true);
    assert.equal((await call('GET', `integrations/${id}/`)).body.status, 'disabled');
    assert.deepEqual(await pump.run(), []);
  });
});
