import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { GitLabBrowser } from '../support/gitlab-connections.ts';
import { aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { GitLabStandIn, type GitLabUser, gitlabSettings, maintainer, owner, type StandInGroup } from '../support/providers/gitlab.ts';
import { memberNotice } from '../support/providers/gitlab-objects.ts';
import { aPerson } from '../support/provision.ts';
import { type RequestOptions, startServerWith, type TestServer } from '../support/server.ts';

describe('the connection of a GitLab group', () => {
  let gitlab: GitLabStandIn;
  let server: TestServer;
  let browser: GitLabBrowser;
  let org: OrgWithOwner;
  let others: OrgWithOwner;
  let ada: GitLabUser;
  let group: StandInGroup;

  before(async () => {
    gitlab = await GitLabStandIn.start();
    server = await startServerWith(gitlab, gitlabSettings(gitlab.url));
    browser = new GitLabBrowser(server, gitlab);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    others = await anOrgWithOwner(server);
    ada = gitlab.addUser(`ada-${org.id}`);
    group = gitlab.addGroup(`acme-${org.id}`, [[ada, owner]]);
    gitlab.requests.length = 0;
  });

  const integrationsOf = async ({ slug, cookie }: OrgWithOwner) =>
    (await server.request('GET', `/api/0/organizations/${slug}/integrations/`, { cookie })).body as { id: string }[];

  it('[S-01] refuses to begin for outsiders, members and tokens, and reads no body of 8 MB', async () => {
    const path = `/api/0/organizations/${org.slug}/integrations/gitlab/install/`;
    const begin = async (options: RequestOptions) => (await server.request('POST', path, options)).status;
    assert.equal(await begin({}), 401);
    assert.equal(await begin({ token: (await aPerson(server)).token }), 403);
    assert.equal(await begin({ cookie: others.cookie }), 403);
    assert.equal(await begin({ cookie: (await aLoggedInMember(server, org)).cookie }), 403);
    const { body: created } = await server.operate('POST', `/users/${org.owner.userId}/tokens/`, { scopes: ['org:admin'] });
    assert.equal(await begin({ token: created.token }), 403);
    const body = JSON.stringify({ text: 'x'.repeat(8 * 1024 * 1024) });
    assert.equal(await begin({ cookie: org.cookie, body }), 413);
    assert.equal(await begin({ cookie: org.cookie }), 200);
  });

  it('[S-52] continues in the session that began it only, and once', async () => {
    const back = gitlab.approve(await browser.begin(org), ada);
    const { cookie } = await aLoggedInMember(server, org, 'owner');
    for (const own of [undefined, others.cookie, cookie]) assert.equal((await browser.open(back, own)).status, 400);
    const forged = new URL(back);
    forged.searchParams.set('state', '0'.repeat(64));
    assert.equal((await browser.open(forged, org.cookie)).status, 400);
    assert.deepEqual(gitlab.requestsOf('/oauth/'), [], 'a code was exchanged');
    const page = await browser.open(back, org.cookie);
    assert.equal(page.status, 200);
    assert.equal((await browser.open(back, org.cookie)).status, 400, 'a state was used twice');

    const state = await browser.reachChoice(org, ada);
    for (const own of [undefined, others.cookie, cookie]) assert.equal((await browser.choose(state, group.id, own)).status, 400);
    assert.equal((await browser.choose(state, group.id, org.cookie, 'https://evil.example')).status, 403);
    const states = await Promise.all([browser.choose(state, group.id, org.cookie), browser.choose(state, group.id, org.cookie)]);
    assert.deepEqual(states.map(({ status }) => status).toSorted(), [303, 400]);
    assert.equal((await integrationsOf(org)).length, 1);
    assert.deepEqual(await integrationsOf(others), []);
  });

  it('[S-52] does not accept the state of one step in the other', async () => {
    const begun = new URL(await browser.begin(org)).searchParams.get('state')!;
    assert.equal((await browser.choose(begun, group.id, org.cookie)).status, 400);
    const chosen = await browser.reachChoice(org, ada);
    assert.equal((await browser.open(`/extensions/gitlab/setup/?code=x&state=${chosen}`, org.cookie)).status, 400);
    assert.deepEqual(await integrationsOf(org), []);
  });

  it('[S-52] ends after ten minutes', async () => {
    const back = gitlab.approve(await browser.begin(org), ada);
    const age = () =>
      server.services.db
        .updateTable('integration_flows')
        .set({ date_created: new Date(Date.now() - 601_000).toISOString() })
        .execute();
    await age();
    assert.equal((await browser.open(back, org.cookie)).status, 400);
    const state = await browser.reachChoice(org, ada);
    await age();
    assert.equal((await browser.choose(state, group.id, org.cookie)).status, 400);
    assert.deepEqual(await integrationsOf(org), []);
  });

  it('[S-52] refuses a group that the person does not maintain, and ends the tokens', async () => {
    const eve = gitlab.addUser(`eve-${org.id}`);
    const own = gitlab.addGroup(`own-${org.id}`, [[eve, maintainer]]);
    group.members.set(eve.id, 30);
    const stranger = gitlab.addGroup(`stranger-${org.id}`, [[ada, owner]]);
    const live = gitlab.liveGrants;
    for (const id of [group.id, stranger.id, '0', 'x', '9'.repeat(40), '', `${own.id}/../${group.id}`]) {
      const { status, text } = await browser.choose(await browser.reachChoice(org, eve), id, org.cookie);
      assert.equal(status, 403, text);
    }
    assert.deepEqual(await integrationsOf(org), []);
    assert.equal(gitlab.liveGrants, live, 'tokens of refused connections stayed valid');
  });

  it('[S-52] connects a group to one organization only', async () => {
    await browser.connect(org, ada, group);
    const live = gitlab.liveGrants;
    const { status, text } = await browser.choose(await browser.reachChoice(others, ada), group.id, others.cookie);
    assert.equal(status, 409, text);
    assert.deepEqual(await integrationsOf(others), []);
    assert.equal(gitlab.liveGrants, live);
  });

  it('[S-52] refuses a person who lost the right in between', async () => {
    const manager = await aLoggedInMember(server, org, 'manager');
    const as = { ...org, cookie: manager.cookie };
    const state = await browser.reachChoice(as, ada);
    const path = `/api/0/organizations/${org.slug}/members/${manager.memberId}/`;
    await server.request('PUT', path, { cookie: org.cookie, body: { orgRole: 'member' } });
    assert.equal((await browser.choose(state, group.id, manager.cookie)).status, 403);
    assert.deepEqual(await integrationsOf(org), []);
  });

  it('[S-51] stores tokens encrypted, and shows them nowhere', async () => {
    await browser.connect(org, ada, group);
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    assert.doesNotMatch(JSON.stringify(body), /gl[ar]t-secret/);
    const token = [...group.hooks.values()][0]!.token;
    for (const table of ['integrations', 'change_log', 'audit_entries', 'org_secrets', 'integration_flows'] as const) {
      const rows = JSON.stringify(await server.services.db.selectFrom(table).selectAll().execute());
      assert.ok(!/gl[ar]t-secret/.test(rows) && !rows.includes(token), table);
    }
  });

  it('[S-52] refuses notices without the token of the integration, before it reads them', async () => {
    const id = await browser.connect(org, ada, group);
    const [hook] = group.hooks.values();
    const otherGroup = gitlab.addGroup(`other-${org.id}`, [[ada, owner]]);
    await browser.connect(others, ada, otherGroup);
    const [otherHook] = otherGroup.hooks.values();
    const body = memberNotice('user_remove_from_group', group, ada);
    const send = async (path: string, headers: Record<string, string>, sent = body) => {
      const response = await fetch(`${server.url}${path}`, { method: 'POST', headers: { 'Idempotency-Key': 'k', ...headers }, body: sent });
      return [response.status, await response.text()];
    };
    const own = `/extensions/gitlab/webhook/${id}/`;
    for (const headers of [{}, { 'X-Gitlab-Token': '' }, { 'X-Gitlab-Token': 'forged' }, { 'X-Gitlab-Token': otherHook!.token }]) {
      assert.deepEqual(await send(own, headers as Record<string, string>), [401, '']);
      assert.deepEqual(await send(own, headers as Record<string, string>, '{'), [401, '']);
    }
    const right = { 'X-Gitlab-Token': hook!.token };
    for (const unknown of ['0', '999999', 'x', '9'.repeat(40)]) {
      assert.deepEqual(await send(`/extensions/gitlab/webhook/${unknown}/`, right), [401, '']);
    }
    assert.equal((await send(own, right, 'x'.repeat(8 * 1024 * 1024)))[0], 413);
    assert.deepEqual(await server.services.db.selectFrom('provider_notices').selectAll().where('provider', '=', 'gitlab').execute(), []);
    assert.deepEqual(await send(own, right), [202, '']);
    // A slow machine may not send more than 60 within a second at the first attempt.
    await eventually(
      async () => {
        const statuses = await Promise.all(Array.from({ length: 300 }, async () => (await send(own, right))[0]));
        assert.ok(statuses.includes(429) && statuses.includes(202), String([...new Set(statuses)]));
      },
      { timeoutMs: 30_000 },
    );
  });
});
