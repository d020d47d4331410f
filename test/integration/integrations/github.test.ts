import assert from 'node:assert/strict';
import examplesOfGitHub from '@octokit/webhooks-examples' with { type: 'json' };
import { sign } from '@octokit/webhooks-methods';
import { sql } from 'kysely';
import { findActiveIntegration } from '../../../server/src/database/outlets/mappings.ts';
import { eventually } from '../../support/eventually.ts';
import { ageLogin, aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { mailsTo } from '../../support/mailbox.ts';
import { type GitHubOrganization, GitHubStandIn, githubSettings, noticeHeaders, webhookSecret } from '../../support/providers/github.ts';
import { addMember, aPerson, nextNumber } from '../../support/provision.ts';
import { headOf, openRaw } from '../../support/raw-connection.ts';
import { type RequestOptions, startServer, startServerWith, type TestServer } from '../../support/server.ts';

/** The package declares the examples with the type of a CommonJS module. */
const webhookExamples = examplesOfGitHub as unknown as readonly { readonly name: string; readonly examples: readonly object[] }[];

describe('GitHub', () => {
  let github: GitHubStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let acme: GitHubOrganization;
  let code: string;

  before(async () => {
    github = await GitHubStandIn.start();
    server = await startServerWith(github, githubSettings(github.url));
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    acme = github.addOrganization(`acme-${nextNumber()}`, 3);
    code = authorize([acme]);
    github.requests.length = 0;
  });

  /** A code that GitHub gave to an administrator of these organizations. */
  function authorize(adminOf: readonly GitHubOrganization[], memberOf: readonly GitHubOrganization[] = []): string {
    const id = nextNumber();
    const ids = (all: readonly GitHubOrganization[]) => all.map((one) => one.id);
    github.users.set(`code-${id}`, { id, login: `ada-${id}`, adminOf: ids(adminOf), memberOf: ids(memberOf) });
    return `code-${id}`;
  }

  /** The requests, without those for readings of organizations that earlier tests connected. */
  const ownRequests = () =>
    github.requests.filter((request) => /access_token$|\/user\//.test(request) || request.includes(`/${acme.installationId}`));

  const call = (method: string, path: string, options: RequestOptions = {}) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie: org.cookie, ...options });

  async function setUp(query: Readonly<Record<string, string | number>>, cookie: string | undefined = org.cookie) {
    const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const headers = cookie === '' ? {} : { cookie };
    const response = await fetch(`${server.url}/extensions/github/setup/?${parameters}`, { redirect: 'manual', headers });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  async function begin(): Promise<string> {
    const { status, body } = await call('POST', 'integrations/github/install/');
    assert.equal(status, 200, JSON.stringify(body));
    const url = new URL(body.url);
    assert.equal(`${url.origin}${url.pathname}`, `${github.url}/github-apps/rollcall-test/installations/new`);
    return url.searchParams.get('state')!;
  }

  const installed = async (changes: Readonly<Record<string, string | number>> = {}) => ({
    ...{ installation_id: acme.installationId, setup_action: 'install', code, state: await begin() },
    ...changes,
  });

  async function assertNothingConnected(): Promise<void> {
    assert.deepEqual((await call('GET', 'integrations/')).body, []);
    const { db } = server.services;
    assert.deepEqual(await db.selectFrom('org_secrets').select('name').where('organization_id', '=', org.id).execute(), []);
  }

  it('[13.12] connects the organization that installed the App, and leads to the console', async () => {
    const { status, headers } = await setUp(await installed());
    assert.deepEqual([status, headers.get('location')], [303, `/organizations/${org.id}/integrations/`]);
    const [integration] = (await call('GET', 'integrations/')).body;
    assert.deepEqual(
      [integration.provider.key, integration.name, integration.externalId, integration.domainName, integration.status],
      ['github', acme.login, String(acme.id), `github.com/${acme.login}`, 'active'],
    );
    const { body } = await call('GET', 'audit-logs/?event=integration.add');
    assert.equal(body.rows[0].note, `added GitHub integration ${acme.login}`);
  });

  it('[S-01] refuses callers without a credential or the scope, tokens, other organizations and large bodies', async () => {
    const path = 'integrations/github/install/';
    const others = await anOrgWithOwner(server);
    const { cookie } = await aLoggedInMember(server, org);
    assert.equal((await server.request('POST', `/api/0/organizations/${org.slug}/${path}`)).status, 401);
    const withToken = await aPerson(server);
    await addMember(server, org, withToken, 'owner');
    for (const options of [{ cookie: others.cookie }, { cookie }, { cookie: undefined, token: withToken.token }]) {
      const refused = await call('POST', path, options);
      assert.equal(refused.status, 403, JSON.stringify(refused.body));
    }
    assert.equal((await call('POST', path, { body: JSON.stringify('x'.repeat(8 * 1024 * 1024)) })).status, 413);
    await ageLogin(server, org.cookie);
    const old = await call('POST', path);
    assert.deepEqual([old.status, old.body.detail.code], [401, 'sudo-required']);
    const flows = server.services.db.selectFrom('integration_flows').select('provider').where('organization_id', '=', org.id);
    assert.deepEqual(await flows.execute(), []);
  });

  it('[S-52] refuses the state of another session, another browser, another provider, and a forged one', async () => {
    const others = await anOrgWithOwner(server);
    const { cookie } = await aLoggedInMember(server, org, 'owner');
    const query = await installed();
    for (const own of ['', others.cookie, cookie]) assert.equal((await setUp(query, own)).status, 400);
    assert.equal((await setUp({ ...query, state: '0'.repeat(64) })).status, 400);
    assert.equal((await setUp({ ...query, state: '' })).status, 400);
    await server.services.db.updateTable('integration_flows').set({ provider: 'slack' }).execute();
    assert.equal((await setUp(query)).status, 400);
    assert.deepEqual(ownRequests(), [], 'a code was exchanged');
    await server.services.db.updateTable('integration_flows').set({ provider: 'github' }).execute();
    assert.equal((await setUp(query)).status, 303, 'another session has used up the state');
  });

  it('[S-52] accepts a state once, and for ten minutes', async () => {
    const query = await installed();
    const responses = await Promise.all(Array.from({ length: 10 }, () => setUp(query)));
    const statuses = responses.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 303).length, 1, String(statuses));
    // Requests beyond the limit of the user are refused before they use the state.
    assert.ok(statuses.filter((status) => status === 400 || status === 429).length === 9, String(statuses));
    const late = await installed();
    await server.services.db
      .updateTable('integration_flows')
      .set({ date_created: sql<string>`clock_timestamp() - interval '601 seconds'` })
      .execute();
    assert.match((await setUp(late)).text, /it has expired/);
  });

  it('[S-52] refuses the installation of an organization that the person does not administer in GitHub', async () => {
    const foreign = github.addOrganization(`foreign-${nextNumber()}`);
    const joined = github.addOrganization(`joined-${nextNumber()}`);
    for (const { installationId } of [foreign, joined]) {
      code = authorize([acme], [joined]);
      const { status, text } = await setUp(await installed({ installation_id: installationId }));
      assert.equal(status, 403);
      assert.match(text, /did not confirm that you administer/);
    }
    for (const forged of ['0', '-1', '1e3', '9'.repeat(30), `${acme.installationId}%00`, '../1']) {
      assert.equal((await setUp(await installed({ installation_id: forged }))).status, 400, forged);
    }
    assert.equal((await setUp(await installed({ code: 'forged' }))).status, 403);
    await assertNothingConnected();
  });

  it('[S-52] refuses an organization of GitHub that another organization has connected', async () => {
    assert.equal((await setUp(await installed())).status, 303);
    const first = org;
    org = await anOrgWithOwner(server);
    code = authorize([acme]);
    const { status, text } = await setUp(await installed());
    assert.equal(status, 409);
    assert.match(text, /already connected to another organization/);
    await assertNothingConnected();
    org = first;
    assert.equal((await call('GET', 'integrations/')).body[0].status, 'active');
  });

  it('[S-52] connects an organization of GitHub that another organization has disabled, and only one is active', async () => {
    const first = org;
    assert.equal((await setUp(await installed())).status, 303);
    const [{ id: disabled }] = (await call('GET', 'integrations/')).body;
    assert.equal((await call('POST', `integrations/${disabled}/`, { body: { status: 'disabled' } })).status, 200);
    const second = await anOrgWithOwner(server);
    org = second;
    code = authorize([acme]);
    const { status, text } = await setUp(await installed());
    assert.equal(status, 303, text);
    const { db } = server.services;
    const found = await findActiveIntegration(db, 'github', String(acme.id));
    assert.equal(found?.orgId, second.id);
    org = first;
    const again = await call('POST', `integrations/${disabled}/`, { body: { status: 'active' } });
    assert.deepEqual([again.status, /already connected to another organization/.test(again.body.detail)], [409, true]);
    assert.equal((await call('GET', 'integrations/')).body[0].status, 'disabled');
    code = authorize([acme]);
    assert.equal((await setUp(await installed())).status, 409);
    // The disabled integration has the same installation, and doesn't keep it from being ended.
    org = second;
    assert.equal((await call('DELETE', `integrations/${found!.record.id}/`)).status, 204);
    await eventually(() => assert.equal(acme.isInstalled, false), { timeoutMs: 20_000 });
    org = first;
    assert.equal((await call('POST', `integrations/${disabled}/`, { body: { status: 'active' } })).status, 200);
  });

  it('[S-52] refuses a person who lost the right to connect after they began', async () => {
    const manager = await aLoggedInMember(server, org, 'manager');
    const { body } = await call('POST', 'integrations/github/install/', { cookie: manager.cookie });
    const state = new URL(body.url).searchParams.get('state')!;
    await call('PUT', `members/${manager.memberId}/`, { body: { orgRole: 'member' } });
    assert.equal((await setUp(await installed({ state }), manager.cookie)).status, 403);
    await assertNothingConnected();
  });

  it('[13.12] explains an installation that an owner must approve, and a denial', async () => {
    const requested = await setUp({ setup_action: 'request', code, state: await begin() });
    assert.equal(requested.status, 200);
    assert.match(requested.text, /An owner of the GitHub organization must install the App/);
    const denied = await setUp({ error: 'access_denied', state: await begin() });
    assert.deepEqual([denied.status, /was cancelled in GitHub/.test(denied.text)], [400, true]);
    assert.deepEqual(ownRequests(), []);
    await assertNothingConnected();
  });

  describe('an App that was installed before', () => {
    /** GitHub sends the browser back without a code. Returns the state of the authorization. */
    async function authorizeAfter(query: Readonly<Record<string, string | number>>): Promise<string> {
      const { status, headers } = await setUp({ installation_id: acme.installationId, setup_action: 'update', ...query });
      assert.equal(status, 303);
      const url = new URL(headers.get('location')!);
      assert.equal(`${url.origin}${url.pathname}`, `${github.url}/login/oauth/authorize`);
      assert.equal(url.searchParams.get('client_id'), 'Iv1.client');
      assert.equal(url.searchParams.get('redirect_uri'), `${server.url}/extensions/github/setup/`);
      return url.searchParams.get('state')!;
    }

    it('[13.12] connects once the person has authorized it, also if GitHub sends no state back', async () => {
      await begin();
      for (const query of [{ state: await begin() }, {}]) {
        const state = await authorizeAfter(query);
        assert.deepEqual(ownRequests(), []);
        await assertNothingConnected();
        const finished = await setUp({ code, state, installation_id: 1 });
        assert.deepEqual([finished.status, finished.headers.get('location')], [303, `/organizations/${org.id}/integrations/`]);
        const [integration] = (await call('GET', 'integrations/')).body;
        assert.equal(integration.externalId, String(acme.id));
        assert.equal((await call('DELETE', `integrations/${integration.id}/`)).status, 204);
        await eventually(() => assert.equal(acme.isInstalled, false), { timeoutMs: 20_000 });
        await eventually(assertNothingConnected, { timeoutMs: 20_000 });
        acme.isInstalled = true;
        github.requests.length = 0;
      }
    });

    it('[S-52] connects nothing for a person who does not administer the organization, in another session, or without a code', async () => {
      await begin();
      const foreign = github.addOrganization(`foreign-${nextNumber()}`);
      const refused = await setUp({ code, state: await authorizeAfter({ installation_id: foreign.installationId }) });
      assert.equal(refused.status, 403);
      const state = await authorizeAfter({ state: await begin() });
      const others = await aLoggedInMember(server, org, 'owner');
      assert.equal((await setUp({ code, state }, others.cookie)).status, 400);
      assert.equal((await setUp({ installation_id: acme.installationId, setup_action: 'update' }, others.cookie)).status, 400);
      const looped = await setUp({ installation_id: acme.installationId, setup_action: 'update', state });
      assert.deepEqual([looped.status, /did not send back who you are/.test(looped.text)], [400, true]);
      assert.equal((await setUp({ installation_id: acme.installationId, setup_action: 'update' })).status, 400, 'a flow was used twice');
      await assertNothingConnected();
    });
  });

  it('[13.12] stores nothing while GitHub is down, slow to accept requests, or fails halfway', async () => {
    const failures = [
      { path: /oauth\/access_token/, status: 502 },
      { path: /user\/installations/, status: 500 },
      { path: /user\/installations/, status: 429, headers: { 'Retry-After': '600' } },
      { path: /user\/memberships/, status: 429, body: { message: 'Too many requests' } },
      { path: /user\/memberships/, status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
      { path: /user\/memberships/, status: 503 },
    ];
    for (const failure of failures) {
      github.next.push(failure);
      code = authorize([acme]);
      const { status, text } = await setUp(await installed());
      assert.equal(status, 503, `${failure.path} ${failure.status}`);
      assert.match(
        text,
        /GitHub (received too many requests|responded with status 50\d|is unreachable)\. Start again in the console in some minutes/,
      );
      assert.equal(github.next.length, 0);
      assert.ok(!text.includes(code) && !text.includes('ghs_'));
    }
    await assertNothingConnected();
  });

  it('[S-51] stores no code and no token of the person, and shows the id of the installation in no record', async () => {
    const query = await installed();
    await setUp(query);
    const { db } = server.services;
    for (const table of ['integrations', 'change_log', 'audit_entries', 'org_secrets', 'integration_flows'] as const) {
      const rows = JSON.stringify(await db.selectFrom(table).selectAll().execute());
      for (const secret of [query.code!, query.state!, 'ghs_']) assert.ok(!rows.includes(String(secret)), table);
    }
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/`);
    assert.ok(!JSON.stringify(body).includes(String(acme.installationId)));
  });

  it('[13.12] names the missing settings where the operator has not configured GitHub', async () => {
    const unconfigured = await startServer();
    try {
      const { slug, cookie } = await anOrgWithOwner(unconfigured);
      const { status, body } = await unconfigured.request('POST', `/api/0/organizations/${slug}/integrations/github/install/`, { cookie });
      assert.equal(status, 400);
      assert.match(body.detail, /^GitHub is not configured on this server\. The operator sets GITHUB_APP_ID, /);
      assert.equal((await unconfigured.request('GET', '/extensions/github/setup/?state=1', { cookie })).status, 404);
    } finally {
      await unconfigured.stop();
    }
  });

  describe('notices', () => {
    const send = (headers: Readonly<Record<string, string>>, body: string | Buffer<ArrayBuffer>) =>
      fetch(`${server.url}/extensions/github/webhook/`, { method: 'POST', headers, body });
    const notify = async (event: string, payload: object, id = `delivery-${nextNumber()}`) => {
      const body = JSON.stringify(payload);
      return (await send(noticeHeaders(event, body, id), body)).status;
    };
    const nextReading = async () => {
      const { rows } = await sql<{ seconds: number }>`
        SELECT extract(epoch FROM next_read_at - clock_timestamp())::float8 AS seconds FROM directory_reads
        WHERE organization_id = ${org.id}`.execute(server.services.db);
      return rows[0]!.seconds;
    };
    const hasBeenRead = () => eventually(async () => assert.ok((await nextReading()) > 60, 'not yet'), { timeoutMs: 20_000 });
    /** Asserts that a notice made a reading due soon, and makes it due now. */
    async function readAfterNotice(): Promise<void> {
      assert.ok((await nextReading()) < 10);
      await server.services.directories.readAll(org.id);
    }
    /** Connects the organization, and waits until its first reading has ended. */
    async function connected(): Promise<string> {
      assert.equal((await setUp(await installed())).status, 303);
      await hasBeenRead();
      return (await call('GET', 'integrations/')).body[0].id;
    }
    const memberAdded = () => ({ action: 'member_added', organization: { id: acme.id }, membership: {} });

    it('[13.12] cause a reading of the organization that they name, and of no other', async () => {
      await connected();
      const first = org;
      org = await anOrgWithOwner(server);
      acme = github.addOrganization(`acme-${nextNumber()}`, 3);
      code = authorize([acme]);
      await connected();
      assert.equal(await notify('organization', memberAdded()), 202);
      assert.ok((await nextReading()) < 10);
      org = first;
      assert.ok((await nextReading()) > 60);
    });

    it('[S-52] refuses a notice with a wrong, missing or malformed signature, and a changed body, with an empty response', async () => {
      await connected();
      const body = JSON.stringify(memberAdded());
      const headers = noticeHeaders('organization', body, 'forged');
      const without = (name: string) => Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
      const forged: readonly (readonly [Readonly<Record<string, string>>, string | Buffer<ArrayBuffer>])[] = [
        [noticeHeaders('organization', body, 'forged', 'another secret'), body],
        [headers, `${body} `],
        [headers, Buffer.concat([Buffer.from(body.slice(0, -1)), Buffer.from([0xff]), Buffer.from('}')])],
        [headers, ''],
        [{ ...headers, 'X-Hub-Signature-256': `${headers['X-Hub-Signature-256']}00` }, body],
        [{ ...headers, 'X-Hub-Signature-256': 'sha256=' }, body],
        [{ ...without('X-Hub-Signature-256'), 'X-Hub-Signature': headers['X-Hub-Signature-256']! }, body],
        [without('X-GitHub-Delivery'), body],
        [without('X-GitHub-Event'), body],
        [{}, body],
        [{ Authorization: `Bearer ${(await aPerson(server)).token}` }, body],
      ];
      for (const [sent, bytes] of forged) {
        const response = await send(sent, bytes);
        assert.deepEqual([response.status, await response.text()], [401, ''], JSON.stringify(sent));
      }
      const large = JSON.stringify({ ...memberAdded(), padding: 'x'.repeat(8 * 1024 * 1024) });
      assert.equal((await send(noticeHeaders('organization', large, 'large'), large)).status, 413);
      assert.ok((await nextReading()) > 60);
      const kept = server.services.db.selectFrom('provider_notices').select('notice_id').where('notice_id', 'in', ['forged', 'large']);
      assert.deepEqual(await kept.execute(), []);
    });

    it('[13.12] get 400 with the reason if GitHub signed a body that is not JSON, such as a form', async () => {
      const body = new URLSearchParams({ payload: JSON.stringify(memberAdded()) }).toString();
      const response = await send(noticeHeaders('organization', body, 'form'), body);
      assert.equal(response.status, 400);
      assert.match(((await response.json()) as { detail: string }).detail, /^The body is not a JSON object\. Set the content type/);
    });

    it('[13.12] store no id if they are about an organization that is not connected', async () => {
      await connected();
      assert.equal(await notify('organization', { ...memberAdded(), organization: { id: 1 } }, 'stranger'), 202);
      assert.equal(await notify('organization', memberAdded(), 'own'), 202);
      const stored = server.services.db.selectFrom('provider_notices').select('notice_id').where('notice_id', 'in', ['stranger', 'own']);
      assert.deepEqual(await stored.execute(), [{ notice_id: 'own' }]);
    });

    it('[13.12] count once, also if GitHub sends them again', async () => {
      await connected();
      assert.equal(await notify('organization', memberAdded(), 'twice'), 202);
      await readAfterNotice();
      await hasBeenRead();
      assert.equal(await notify('organization', memberAdded(), 'twice'), 202);
      assert.ok((await nextReading()) > 60);
    });

    it('[13.12] get 429 above 60 a second per organization', async () => {
      await connected();
      const requestOf = (organizationId: number, connection: 'keep-alive' | 'close') => {
        const body = JSON.stringify({ ...memberAdded(), organization: { id: organizationId } });
        const headers = {
          ...noticeHeaders('organization', body, `delivery-${nextNumber()}`),
          ...{ 'Content-Length': String(body.length), Connection: connection },
        };
        return headOf({ method: 'POST', path: '/extensions/github/webhook/', headers }) + body;
      };
      // Many on each connection, so that a busy machine doesn't spread them over several seconds.
      // Two connections, because those of one may fall into two seconds of the clock.
      const statusesOf = async () => {
        const requests = [...Array.from({ length: 90 }, () => requestOf(acme.id, 'keep-alive')), requestOf(1, 'close')];
        const connection = await openRaw(server.url);
        connection.socket.write(requests.join(''));
        await connection.closes(20_000);
        return connection.received().match(/(?<=HTTP\/1\.1 )\d+/g)!;
      };
      const [first, second] = await Promise.all([statusesOf(), statusesOf()]);
      assert.deepEqual([first.pop(), second.pop()], ['202', '202'], 'notices about another organization');
      const statuses = [...first, ...second];
      assert.equal(statuses.length, 180);
      assert.ok(statuses.includes('429') && statuses.filter((status) => status === '202').length >= 60, String(statuses));
    });

    it('[13.12] accept each payload of GitHub’s examples, and change nothing by its content', async () => {
      const id = await connected();
      const wanted = new Set(['organization', 'membership', 'member', 'team', 'installation']);
      const examples = webhookExamples
        .filter(({ name }) => wanted.has(name))
        .flatMap(({ name, examples }) => examples.map((one) => ({ name, one })));
      assert.equal(examples.length, 27);
      for (const { name, one } of examples) {
        const body = JSON.stringify(one);
        const signature = await sign(webhookSecret, body);
        const headers = { 'X-GitHub-Event': name, 'X-GitHub-Delivery': `example-${nextNumber()}`, 'X-Hub-Signature-256': signature };
        assert.equal((await send(headers, body)).status, 202, `${name}.${(one as { action: string }).action}`);
      }
      // The same examples, but about this organization and in the reverse order.
      for (const { name, one } of examples.toReversed()) {
        const payload = { ...one, organization: { id: acme.id }, installation: { id: acme.installationId, account: { id: acme.id } } };
        assert.equal(await notify(name, payload), 202);
      }
      await readAfterNotice();
      await hasBeenRead();
      const [integration] = (await call('GET', 'integrations/')).body;
      assert.deepEqual([integration.id, integration.status], [id, 'active']);
    });

    it('[13.12] disable the integration if the App was removed or suspended, and the owners are mailed', async () => {
      for (const action of ['deleted', 'suspend'] as const) {
        org = await anOrgWithOwner(server);
        acme = github.addOrganization(`acme-${nextNumber()}`, 3);
        code = authorize([acme]);
        await connected();
        if (action === 'deleted') acme.isInstalled = false;
        else acme.isSuspended = true;
        assert.equal(await notify('installation', { action, installation: { id: acme.installationId, account: { id: acme.id } } }), 202);
        await readAfterNotice();
        await eventually(async () => assert.equal((await call('GET', 'integrations/')).body[0].status, 'disabled'), { timeoutMs: 20_000 });
        const [mail] = await mailsTo(server, org.owner.email);
        assert.ok(mail!.text.includes(acme.login), mail!.text);
      }
    });

    it('[13.12] change nothing if a removal is reported after the App was installed again', async () => {
      await connected();
      const deleted = { action: 'deleted', installation: { id: acme.installationId, account: { id: acme.id } } };
      assert.equal(await notify('installation', deleted), 202);
      await readAfterNotice();
      await hasBeenRead();
      assert.equal((await call('GET', 'integrations/')).body[0].status, 'active');
    });
  });
});
