import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { ageLogin, aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { TeamsStandIn } from '../../support/providers/msteams.ts';
import { DeliveryPump } from '../../support/providers/pump-deliveries.ts';
import { nextNumber } from '../../support/provision.ts';
import { type RequestOptions, startServer, startServerWith, type TestServer } from '../../support/server.ts';

const hosts = '*.logic.azure.com *.environment.api.powerplatform.com';

describe('Microsoft Teams', () => {
  let teams: TeamsStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let workflow: string;
  let webhookUrl: string;

  before(async () => {
    teams = await TeamsStandIn.start();
    server = await startServerWith(teams, { MSTEAMS_HOSTS: `${hosts} 127.0.0.1`, OUTBOUND_ALLOWED: '127.0.0.1' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    workflow = `w${nextNumber()}`;
    webhookUrl = teams.addWorkflow(workflow);
    teams.cards.length = 0;
    teams.next.length = 0;
  });

  const call = (method: string, path: string, options: RequestOptions = {}) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie: org.cookie, ...options });
  const connect = (options: RequestOptions = {}) =>
    call('POST', 'integrations/msteams/', { body: { webhookUrl, name: 'General' }, ...options });
  const textsOf = () => teams.cards.map(({ body }) => body.map(({ text }) => text));

  async function connected(changes: object = {}) {
    const { status, body } = await connect();
    assert.equal(status, 201, JSON.stringify(body));
    await call('POST', `integrations/${body.id}/`, { body: changes });
    teams.cards.length = 0;
    return { id: body.id as string, pump: await DeliveryPump.open(server, org.id, body.id) };
  }

  it('[13.12] connects a channel only after the workflow has accepted a test message', async () => {
    const { status, body } = await connect();
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual([body.name, body.provider.key, body.configData], ['General', 'msteams', { eventTypes: ['invite.created'] }]);
    assert.deepEqual(textsOf(), [[`Messages about ${org.slug} will be posted here.`]]);
    const tested = await call('POST', `integrations/${body.id}/test/`);
    assert.deepEqual([tested.status, tested.body.status, tested.body.error, teams.cards.length], [200, 202, null, 2]);
    webhookUrl = teams.urlOf(workflow, 'wrong');
    const refused = await connect();
    assert.deepEqual(
      [refused.status, refused.body],
      [400, { webhookUrl: ['The workflow refused the URL. Anyone must be allowed to trigger it.'] }],
    );
    webhookUrl = teams.urlOf('unknown', 'any');
    assert.deepEqual((await connect()).body, { webhookUrl: ['The workflow no longer exists.'] });
  });

  it('[S-51] refuses outsiders, other hosts and inside addresses before it calls anyone', async () => {
    const before = teams.requestCount;
    const { cookie } = await aLoggedInMember(server, org);
    assert.equal((await connect({ cookie })).status, 403);
    const others = [
      webhookUrl,
      'https://logic.azure.com/workflows/1?sig=1',
      'https://evil-logic.azure.com.example/workflows/1?sig=1',
      'https://xlogic.azure.com/workflows/1?sig=1',
      'http://prod-1.westeurope.logic.azure.com/workflows/1?sig=1',
      'https://user@prod-1.westeurope.logic.azure.com/workflows/1?sig=1',
      'nonsense',
    ];
    const strict = await startServer();
    try {
      const { slug, cookie: ownerCookie } = await anOrgWithOwner(strict);
      for (const url of others) {
        const body = { webhookUrl: url, name: 'General' };
        const refused = await strict.request('POST', `/api/0/organizations/${slug}/integrations/msteams/`, { cookie: ownerCookie, body });
        assert.deepEqual([refused.status, Object.keys(refused.body)], [400, ['webhookUrl']], url);
      }
    } finally {
      await strict.stop();
    }
    await ageLogin(server, org.cookie);
    assert.equal((await connect()).body.detail.code, 'sudo-required');
    assert.equal(teams.requestCount, before);
  });

  it('[S-52] connects a workflow to one organization, whose members can renew the signature', async () => {
    const { id } = await connected();
    const first = org;
    org = await anOrgWithOwner(server);
    assert.equal((await connect()).status, 409);
    const { pathname, search, origin } = new URL(webhookUrl);
    const encoded = pathname.replace('w', '%77');
    assert.notEqual(encoded, pathname);
    webhookUrl = `${origin}${encoded}${search}`;
    assert.equal((await connect()).status, 409, 'an encoded letter names the same workflow');
    org = first;
    webhookUrl = teams.addWorkflow(workflow, 'renewed');
    const again = await connect();
    assert.deepEqual([again.status, again.body.id], [201, id]);
    assert.equal((await call('POST', `integrations/${id}/test/`)).body.error, null);
  });

  it('[S-51] stores the URL in no record, log entry, audit entry, delivery or response in clear', async () => {
    const signature = `secret-${workflow}`;
    webhookUrl = teams.addWorkflow(workflow, signature);
    const { id, pump } = await connected({ eventTypes: ['*'] });
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    teams.next.push({ status: 500, code: 'InternalServerError', quotesUrl: true });
    const [failed] = await pump.run();
    assert.match(failed!.response!, /InternalServerError/);
    teams.next.push({ status: 500, code: 'InternalServerError', quotesUrl: true });
    const tested = await call('POST', `integrations/${id}/test/`);
    assert.match(tested.body.response, /InternalServerError/);
    // The same signature, as another program may spell it.
    webhookUrl = webhookUrl.replace('secret-', 'secret%2d');
    const respelled = await connect();
    assert.equal(respelled.status, 201, JSON.stringify(respelled.body));
    teams.next.push({ status: 500, code: 'InternalServerError', quotesUrl: true });
    const spelled = await call('POST', `integrations/${id}/test/`);
    assert.doesNotMatch(spelled.body.response, /secret/);
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    assert.ok(!JSON.stringify([tested.body, body]).includes(signature));
    for (const table of ['integrations', 'change_log', 'audit_entries', 'org_secrets', 'log_consumers', 'deliveries'] as const) {
      const rows = await server.services.db.selectFrom(table).selectAll().execute();
      assert.ok(!JSON.stringify(rows).includes(signature), table);
    }
    // Otherwise its failed delivery is tried again during a later test.
    assert.equal((await call('DELETE', `integrations/${id}/`)).status, 204);
  });

  it('[13.12] posts one card per revision for the chosen types', async () => {
    const { pump } = await connected({ eventTypes: ['team.*'] });
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    await call('PUT', '', { body: { name: 'Another name' } });
    await pump.run();
    assert.deepEqual(textsOf(), [[org.slug, `team team-${org.id}: created`, 'team: member joined']]);
    assert.equal(teams.cards[0]!.actions[0]!.url, `${server.url}/organizations/${org.slug}/audit-log/`);
  });

  it('[13.12] gets events soon after they happen, and lists the deliveries', async () => {
    const { body } = await connect();
    await call('POST', `integrations/${body.id}/`, { body: { eventTypes: ['team.*'] } });
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    await eventually(() => assert.equal(textsOf().at(-1)?.[1], `team team-${org.id}: created`));
    await eventually(async () => {
      const [delivery] = (await call('GET', `integrations/${body.id}/deliveries/`)).body;
      assert.deepEqual([delivery?.status, delivery?.error], [202, null]);
    });
  });

  it('[13.12] retries what the workflow may accept later, skips what it refuses, and ends with the workflow', async () => {
    const { id, pump } = await connected({ eventTypes: ['team.*'] });
    await call('POST', 'teams/', { body: { slug: `team-${org.id}` } });
    teams.next.push(
      { status: 429, headers: { 'Retry-After': '7' } },
      { status: 503 },
      { status: 400, code: 'WorkflowTriggerIsNotEnabled' },
      { status: 302, headers: { Location: teams.urlOf(workflow, 'elsewhere') } },
      { status: 400, code: 'InvalidRequestContent' },
    );
    const results = [];
    for (let attempt = 1; attempt <= 5; attempt++) results.push(...(await pump.run()));
    assert.deepEqual(
      results.map(({ outcome, status, retryAfterSeconds }) => [outcome, status, retryAfterSeconds]),
      [
        ['failed', 429, 7],
        ['failed', 503, undefined],
        ['failed', 400, undefined],
        ['failed', 302, undefined],
        ['refused', 400, undefined],
      ],
    );
    assert.deepEqual(teams.cards, []);
    teams.workflows.delete(workflow);
    await call('POST', 'teams/', { body: { slug: `other-${org.id}` } });
    const [gone] = await pump.run();
    assert.deepEqual([gone!.outcome, gone!.status], ['gone', 404]);
    await server.services.integrationConsumer.disable({ orgId: org.id, recordId: id }, 'gone', async () => true);
    assert.equal((await call('GET', `integrations/${id}/`)).body.status, 'disabled');
  });

  it('[13.12] removes the URL with the integration', async () => {
    const { id } = await connected();
    assert.equal((await call('DELETE', `integrations/${id}/`)).status, 204);
    await eventually(async () => {
      const secrets = await server.services.db.selectFrom('org_secrets').selectAll().where('organization_id', '=', org.id).execute();
      assert.deepEqual(secrets, []);
    });
  });
});
