import assert from 'node:assert/strict';
import { aFollowingTeam, connectGitHub } from '../../support/directories.ts';
import { eventually } from '../../support/eventually.ts';
import { GitLabBrowser } from '../../support/gitlab-connections.ts';
import { aLoggedInMember, anOrgWithOwner, type LoggedIn, type OrgWithOwner } from '../../support/logged-in.ts';
import { type GitHubOrganization, GitHubStandIn, githubApp, githubSettings } from '../../support/providers/github.ts';
import { GitLabStandIn, gitlabSettings, owner } from '../../support/providers/gitlab.ts';
import { addMember, aPerson, nextNumber } from '../../support/provision.ts';
import { type RequestOptions, startServer, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';

describe('a member who maps their own account', () => {
  let github: GitHubStandIn;
  let gitlab: GitLabStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let acme: GitHubOrganization;
  let id: string;
  let member: LoggedIn;
  let code: string;

  before(async () => {
    github = await GitHubStandIn.start();
    gitlab = await GitLabStandIn.start();
    server = await startServer({ ...githubSettings(github.url), ...gitlabSettings(gitlab.url) });
  });
  after(async () => {
    await server?.stop();
    await github?.stop();
    await gitlab?.stop();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    acme = github.addOrganization(`acme-${nextNumber()}`, 3);
    id = await connectGitHub(server, org.id, acme);
    member = await aLoggedInMember(server, org);
    code = authorize(0);
  });

  /** A code that GitHub gave to a person of the organization. */
  function authorize(index: number): string {
    const [person, login] = [...acme.people][index]!;
    const given = `code-${nextNumber()}`;
    github.users.set(given, { id: person, login, adminOf: [], memberOf: [acme.id] });
    return given;
  }

  const call = (method: string, path: string, options: RequestOptions = { cookie: org.cookie }) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, options);
  const mappings = async () => {
    const records = await storedRecords(server, org.id, 'external-user');
    return records.map(({ memberId, externalName, externalId }) => [memberId, externalName, externalId]);
  };

  async function begin(cookie = member.cookie): Promise<URL> {
    const { status, body } = await call('POST', `integrations/${id}/account/`, { cookie });
    assert.equal(status, 200, JSON.stringify(body));
    return new URL(body.url);
  }

  async function comeBack(query: Readonly<Record<string, string>>, cookie = member.cookie) {
    const url = `${server.url}/extensions/github/setup/?${new URLSearchParams(query)}`;
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  const stateOf = (url: URL) => url.searchParams.get('state')!;

  it('[13.13] becomes the person whom GitHub confirms, joins the following team, and leaves no token', async () => {
    const [person, login] = [...acme.people][0]!;
    acme.teams.set(7, { slug: 'backend', people: [person] });
    const team = await aFollowingTeam(server, org, id, { id: 7, slug: 'backend' });
    const url = await begin();
    assert.equal(`${url.origin}${url.pathname}`, `${github.url}/login/oauth/authorize`);
    const { status, headers, text } = await comeBack({ code, state: stateOf(url) });
    assert.deepEqual([status, headers.get('location')], [303, `/organizations/${org.id}/integrations/`], text);
    assert.deepEqual(await mappings(), [[member.memberId, login, String(person)]]);
    assert.equal(github.userTokens, 0);
    await eventually(
      async () => {
        const rows = await storedRecords(server, org.id, 'team-member');
        assert.deepEqual(
          rows.filter(({ teamId }) => teamId === team.id).map(({ memberId }) => memberId),
          [member.memberId],
        );
      },
      { timeoutMs: 20_000 },
    );
    assert.equal((await comeBack({ code: authorize(0), state: stateOf(await begin()) })).status, 303);
    assert.equal((await mappings()).length, 1, 'the same person was mapped twice');
  });

  it('[S-53] gives the id to a mapping by name that an owner made, and takes over no mapping of another member', async () => {
    const [person, login] = [...acme.people][0]!;
    const named = { provider: 'github', integrationId: id, userId: member.userId, externalName: `@${login.toUpperCase()}` };
    assert.equal((await call('POST', 'external-users/', { cookie: org.cookie, body: named })).status, 201);
    assert.equal((await comeBack({ code, state: stateOf(await begin()) })).status, 303);
    assert.deepEqual(await mappings(), [[member.memberId, login, String(person)]]);
    const other = await aLoggedInMember(server, org);
    const refused = await comeBack({ code: authorize(0), state: stateOf(await begin(other.cookie)) }, other.cookie);
    assert.equal(refused.status, 409);
    assert.match(refused.text, /Your account was not mapped.*already mapped to a member/s);
    assert.deepEqual(await mappings(), [[member.memberId, login, String(person)]]);
  });

  it('[S-53] maps no person by a forged, used or missing code, in another session, or after the member was removed', async () => {
    assert.equal((await comeBack({ code: 'forged', state: stateOf(await begin()) })).status, 400);
    assert.equal((await comeBack({ state: stateOf(await begin()) })).status, 400);
    assert.equal((await comeBack({ error: 'access_denied', state: stateOf(await begin()) })).status, 400);
    const other = await aLoggedInMember(server, org);
    const state = stateOf(await begin());
    assert.equal((await comeBack({ code, state }, other.cookie)).status, 400);
    github.next.push({ path: /^GET \/user$/, status: 502 });
    assert.equal((await comeBack({ code, state })).status, 503);
    assert.equal((await comeBack({ code, state })).status, 400, 'a state was used twice');
    const last = stateOf(await begin());
    assert.equal((await call('DELETE', `members/${member.memberId}/`)).status, 204);
    assert.equal((await comeBack({ code, state: last })).status, 403);
    assert.deepEqual(await mappings(), []);
    assert.equal(github.userTokens, 0);
  });

  it('[S-52] connects nothing by a flow for an account, and maps no account by a flow for a connection', async () => {
    const other = github.addOrganization(`other-${nextNumber()}`);
    const administrator = `code-${nextNumber()}`;
    github.users.set(administrator, { id: nextNumber(), login: 'ada', adminOf: [other.id], memberOf: [] });
    const query = { code: administrator, installation_id: String(other.installationId), setup_action: 'install' };
    await comeBack({ ...query, state: stateOf(await begin(org.cookie)) }, org.cookie);
    assert.equal((await storedRecords(server, org.id, 'integration')).length, 1);
    const before = await mappings();
    const { body } = await call('POST', 'integrations/github/install/');
    assert.equal((await comeBack({ code, state: stateOf(new URL(body.url)) }, org.cookie)).status, 400);
    assert.deepEqual(await mappings(), before);
  });

  it('[S-53] begins any number of times, and the server keeps the latest 20 flows of the session', async () => {
    const other = await aLoggedInMember(server, org);
    const others = stateOf(await begin(other.cookie));
    const states: string[] = [];
    for (let number = 0; number < 25; number++) states.push(stateOf(await begin()));
    const { db } = server.services;
    const flows = await db.selectFrom('integration_flows').select('state_hash').where('user_id', '=', member.userId).execute();
    assert.equal(flows.length, 20);
    assert.equal((await comeBack({ code, state: states[4]! })).status, 400);
    assert.equal((await comeBack({ code, state: states[5]! })).status, 303);
    assert.equal((await comeBack({ code: authorize(1), state: others }, other.cookie)).status, 303);
  });

  it('[S-53] exchanges two codes of a member at a time, and 20 a minute, and a refused flow remains', async () => {
    const exchanges = () => github.requests.filter((line) => line.startsWith('POST /login/oauth/access_token')).length;
    const releases = [github.hold(/^POST .login.oauth.access_token/), github.hold(/^POST .login.oauth.access_token/)];
    const before = exchanges();
    const states = [stateOf(await begin()), stateOf(await begin()), stateOf(await begin())];
    const [first, second] = [comeBack({ code: 'junk', state: states[0]! }), comeBack({ code: 'junk', state: states[1]! })];
    try {
      await eventually(async () => {
        const { db } = server.services;
        const left = await db.selectFrom('integration_flows').select('user_id').where('user_id', '=', member.userId).execute();
        assert.equal(left.length, 1);
      });
      await eventually(async () => assert.equal(exchanges(), before + 1));
      const refused = await comeBack({ code, state: states[2]! });
      assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '2'], refused.text);
      assert.match(refused.text, /Reload this page/);
      // A token of an installation doesn't wait for the codes of users.
      const reads = () => github.requests.filter((line) => line.startsWith(`POST /app/installations/${other.installationId}/`)).length;
      const other = github.addOrganization(`other-${nextNumber()}`, 1);
      await githubApp(github.url)
        .getInstallationOctokit(other.installationId)
        .then((api) => api.request('GET /orgs/{org}/members', { org: other.login }));
      assert.equal(reads(), 1);
    } finally {
      for (const release of releases) release();
    }
    assert.deepEqual([(await first).status, (await second).status], [400, 400]);
    assert.equal((await comeBack({ code, state: states[2]! })).status, 303);
    // Two have been counted besides the one that succeeded.
    for (let number = 3; number < 20; number++) assert.equal((await comeBack({ code, state: 'unknown' })).status, 400);
    const last = await comeBack({ code, state: 'unknown' });
    assert.equal(last.status, 429);
    assert.notEqual(last.headers.get('retry-after'), null);
    const someone = await aLoggedInMember(server, org);
    assert.equal((await comeBack({ code: authorize(1), state: stateOf(await begin(someone.cookie)) }, someone.cookie)).status, 303);
  });

  it('[S-01] refuses outsiders, tokens, other organizations, and integrations that are disabled', async () => {
    const others = await anOrgWithOwner(server);
    const attempt = async (options: RequestOptions, integration = id, slug = org.slug) =>
      (await server.request('POST', `/api/0/organizations/${slug}/integrations/${integration}/account/`, options)).status;
    assert.equal(await attempt({}), 401);
    const withToken = await aPerson(server);
    await addMember(server, org, withToken, 'owner');
    assert.equal(await attempt({ token: withToken.token }), 403);
    assert.equal(await attempt({ cookie: others.cookie }), 403);
    assert.equal(await attempt({ cookie: others.cookie }, id, others.slug), 404);
    assert.equal(await attempt({ cookie: member.cookie }, '0'), 404);
    assert.equal((await call('POST', `integrations/${id}/`, { cookie: org.cookie, body: { status: 'disabled' } })).status, 200);
    assert.equal(await attempt({ cookie: member.cookie }), 400);
  });

  describe('GitLab', () => {
    it('[13.13] maps the member to the account that GitLab confirms, with scope read_user and no token left', async () => {
      const browser = new GitLabBrowser(server, gitlab);
      const [ada, ben] = [gitlab.addUser(`ada-${org.id}`), gitlab.addUser(`ben-${org.id}`)];
      id = await browser.connect(org, ada, gitlab.addGroup(`group-${org.id}`, [[ada, owner]]));
      const live = gitlab.liveGrants;
      const url = await begin();
      assert.equal(url.searchParams.get('scope'), 'read_user');
      const { status, headers, text } = await browser.open(gitlab.approve(url.href, ben), member.cookie);
      assert.deepEqual([status, headers.get('location')], [303, `/organizations/${org.id}/integrations/`], text);
      assert.deepEqual(await mappings(), [[member.memberId, ben.username, String(ben.id)]]);
      assert.equal(gitlab.liveGrants, live);
      // The reading of the group, which the connection has begun, may take one of them.
      gitlab.next.push(...Array.from({ length: 2 }, () => ({ path: /^\/api\/v4\/user$/, status: 502 })));
      assert.equal((await browser.open(gitlab.approve((await begin()).href, ada), member.cookie)).status, 503);
      assert.equal((await mappings()).length, 1);
      assert.equal(gitlab.liveGrants, live);
    });
  });
});
