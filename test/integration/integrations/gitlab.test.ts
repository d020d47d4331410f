import assert from 'node:assert/strict';
import { findDirectoryRead } from '../../../server/src/features/integrations/database/directory-reads.ts';
import { eventually } from '../../support/eventually.ts';
import { GitLabBrowser } from '../../support/gitlab-connections.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { mailsTo } from '../../support/mailbox.ts';
import { GitLabStandIn, type GitLabUser, gitlabSettings, maintainer, owner, type StandInGroup } from '../../support/providers/gitlab.ts';
import { memberNotice } from '../../support/providers/gitlab-objects.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';

describe('GitLab', () => {
  let gitlab: GitLabStandIn;
  let server: TestServer;
  let browser: GitLabBrowser;
  let org: OrgWithOwner;
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
    ada = gitlab.addUser(`ada-${org.id}`);
    group = gitlab.addGroup(`acme-${org.id}`, [[ada, owner]]);
    gitlab.hasGroupHooks = true;
    gitlab.next.length = 0;
    gitlab.requests.length = 0;
  });

  const call = (method: string, path: string, body?: unknown) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie: org.cookie, ...(body === undefined ? {} : { body }) });
  const readOf = (id: string) => findDirectoryRead(server.services.db, org.id, id);
  const readings = () => gitlab.requestsOf(`/groups/${group.id}/members/all?`).length;
  const hasRead = (count: number) => eventually(() => assert.equal(readings(), count), { timeoutMs: 15_000 });

  /** When the next reading is due, once the one under way has ended. */
  const nextReadOf = (id: string) =>
    eventually(async () => {
      const { lease, last_read_at, next_read_at } = (await readOf(id))!;
      assert.ok(lease === null && last_read_at !== null, 'the reading has not ended');
      return next_read_at;
    });

  it('[13.12] connects a subgroup of many, creates its webhook, and reads its people at once', async () => {
    for (let index = 0; index < 120; index++) gitlab.addGroup(`acme-${org.id}/sub-${index}`, [], group);
    const chosen = [...gitlab.groups.values()].at(-1)!;
    const id = await browser.connect(org, ada, chosen);
    const { body } = await call('GET', `integrations/${id}/`);
    assert.deepEqual([body.name, body.status, body.configData], [chosen.path, 'active', { hasWebhook: true }]);
    assert.equal(body.domainName, `gitlab.example/groups/${chosen.path}`);
    const [hook] = chosen.hooks.values();
    assert.equal(hook!.url, `${server.url}/extensions/gitlab/webhook/${id}/`);
    assert.deepEqual(hook!.events.toSorted(), ['enable_ssl_verification', 'member_events', 'subgroup_events']);
    assert.match(hook!.token, /^[0-9a-f]{64}$/);
    await eventually(async () => assert.equal((await readOf(id))?.drift?.people.length, 1), { timeoutMs: 15_000 });
  });

  it('[13.12] [V1.2.1] offers the groups that the person maintains or owns, and escapes their names', async () => {
    const eve = gitlab.addUser('eve');
    group.members.set(eve.id, 30);
    const own = gitlab.addGroup(`<b>"own-${org.id}`, [[eve, maintainer]]);
    const { text, headers } = await browser.open(gitlab.approve(await browser.begin(org), eve), org.cookie);
    assert.ok(text.includes(`<option value="${own.id}">&lt;b&gt;&quot;own-${org.id}</option>`), text);
    assert.ok(!text.includes(group.path));
    assert.match(headers.get('content-security-policy')!, /form-action 'self'/);
    assert.equal(headers.get('cache-control'), 'no-store');
  });

  it('[13.12] shows how to add the webhook by hand if GitLab refuses it', async () => {
    gitlab.hasGroupHooks = false;
    const { status, text } = await browser.choose(await browser.reachChoice(org, ada), group.id, org.cookie);
    assert.equal(status, 200);
    const [, url, token] = /<code>([^<]+)<\/code>[\s\S]*<code>([0-9a-f]{64})<\/code>/.exec(text)!;
    const [integration] = (await call('GET', 'integrations/')).body;
    assert.equal(url, `${server.url}/extensions/gitlab/webhook/${integration.id}/`);
    assert.deepEqual(integration.configData, { hasWebhook: false });
    const headers = { 'X-Gitlab-Token': token!, 'X-Gitlab-Event-UUID': 'by-hand' };
    const sent = await fetch(url!, { method: 'POST', headers, body: memberNotice('user_add_to_group', group, ada) });
    assert.equal(sent.status, 202);
  });

  it('[13.12] connects nothing if the person cancels, or if GitLab is down or limits requests', async () => {
    const begin = async () => gitlab.approve(await browser.begin(org), ada);
    const denied = await begin();
    denied.search = new URLSearchParams({ error: 'access_denied', state: denied.searchParams.get('state')! }).toString();
    const cancelled = await browser.open(denied, org.cookie);
    assert.equal(cancelled.status, 400);
    assert.match(cancelled.text, /cancelled in GitLab/);
    for (const [path, status] of [
      [/oauth\/token/, 503],
      [/oauth\/token/, 429],
      [/v4\/groups\?/, 500],
      [/v4\/groups\?/, 429],
    ] as const) {
      gitlab.next.push({ path, status });
      const { status: answered, text } = await browser.open(await begin(), org.cookie);
      assert.deepEqual([answered, /in some minutes/.test(text)], [503, true], text);
    }
    const state = await browser.reachChoice(org, ada);
    gitlab.next.push({ path: new RegExp(`groups/${group.id}$`), status: 502 });
    assert.equal((await browser.choose(state, group.id, org.cookie)).status, 503);
    const stranger = gitlab.addUser(`nobody-${org.id}`);
    assert.equal((await browser.open(gitlab.approve(await browser.begin(org), stranger), org.cookie)).status, 403);
    assert.deepEqual((await call('GET', 'integrations/')).body, []);
  });

  it('[13.12] reads the group once after a notice that comes twice, and not after others', async () => {
    const id = await browser.connect(org, ada, group);
    await hasRead(1);
    const [hook] = group.hooks.values();
    const send = async (body: string, key: string) => {
      const headers = { 'X-Gitlab-Token': hook!.token, 'X-Gitlab-Event-UUID': 'event', 'Idempotency-Key': key };
      assert.equal((await fetch(hook!.url, { method: 'POST', headers, body })).status, 202);
    };
    const before = await nextReadOf(id);
    await send('{"object_kind":"push"}', 'push');
    assert.equal((await readOf(id))!.next_read_at, before, 'a push caused a reading');
    group.members.set(gitlab.addUser(`new-${org.id}`).id, 30);
    for (let time = 0; time < 3; time++) await send(memberNotice('user_add_to_group', group, ada), 'key');
    await hasRead(2);
    await eventually(async () => assert.equal((await readOf(id))?.drift?.people.length, 2));
  });

  it('[13.12] replaces tokens and webhook when the group is connected again', async () => {
    const id = await browser.connect(org, ada, group);
    await hasRead(1);
    const [former] = group.hooks.values();
    gitlab.revokeAll();
    assert.equal(await browser.connect(org, ada, group), id);
    assert.equal(group.hooks.size, 1);
    assert.notEqual([...group.hooks.values()][0]!.token, former!.token);
    await hasRead(2);
  });

  it('[13.12] disables the integration, with a mail to the owners, when the person revokes the application', async () => {
    const id = await browser.connect(org, ada, group);
    await hasRead(1);
    gitlab.revokeAll();
    await server.services.directories.readNow(org.id, id, { confirm: false });
    await eventually(async () => assert.equal((await call('GET', `integrations/${id}/`)).body.status, 'disabled'), { timeoutMs: 10_000 });
    const [mail] = await mailsTo(server, org.owner.email);
    assert.match(mail!.subject, /GitLab/);
  });

  it('[13.12] deletes the webhook and ends the tokens when it is disconnected, also after they expired', async () => {
    gitlab.expiresIn = 10;
    const live = gitlab.liveGrants;
    const id = await browser.connect(org, ada, group);
    gitlab.expiresIn = 7_200;
    assert.equal((await call('DELETE', `integrations/${id}/`)).status, 204);
    await eventually(
      () => {
        assert.equal(group.hooks.size, 0);
        assert.equal(gitlab.liveGrants, live);
      },
      { timeoutMs: 15_000 },
    );
  });
});
