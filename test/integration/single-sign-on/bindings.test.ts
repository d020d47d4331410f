import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { hashToken } from '../../../server/src/runtime/secrets/hash-token.ts';
import { eventually } from '../../support/eventually.ts';
import { ForgingIdp } from '../../support/forging-idp.ts';
import { anAccount, personOf } from '../../support/log-in.ts';
import { browserOf } from '../../support/logged-in.ts';
import { readMetric } from '../../support/metrics.ts';
import { formOf, locationOf, PageClient } from '../../support/page-client.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { changeRecords, enforceChanges } from '../../support/security-records.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { addOidcProvider, begin, claimsFor, comeBack, logInWith } from '../../support/single-sign-on.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('the session of a login at an identity provider', () => {
  let idp: ForgingIdp;
  let server: TestServer;
  let first: ProvisionedOrg;
  let second: ProvisionedOrg;
  const replicas: WireReplica[] = [];

  before(async () => {
    idp = await ForgingIdp.start();
    server = await startServerWith(idp, { OUTBOUND_ALLOWED: '127.0.0.1', LIMIT_SESSIONS_PER_USER: '3' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    [first, second] = [await anOrganizationOf(server, await aPerson(server)), await anOrganizationOf(server, await aPerson(server))];
    for (const { id } of [first, second]) await addOidcProvider(server, id, { issuer: idp.issuer() });
  });
  afterEach(() => {
    for (const replica of replicas.splice(0)) replica.close();
  });

  interface Linked extends Person {
    readonly subject: string;
  }

  /** A member of both organizations whose identity is linked in both. */
  async function aLinkedMember(): Promise<Linked> {
    const member = personOf(await anAccount(server));
    const subject = `subject-${nextNumber()}`;
    const browser = await browserOf(server, member);
    for (const org of [first, second]) {
      await addMember(server, org, member, 'member');
      await browser.submit(await logInWith(server, idp, org, { sub: subject }, { browser }));
    }
    return { ...member, subject };
  }

  const enter = async (browser: PageClient, org: ProvisionedOrg, { subject }: Linked) => {
    const entered = await logInWith(server, idp, org, { sub: subject }, { browser });
    assert.equal(locationOf(entered), `${server.url}/organizations/${org.slug}/`, entered.text);
  };
  const read = (browser: PageClient, path: string) => server.request('GET', `/api/0${path}`, { cookie: browser.cookieFor(server.url) });
  const organizationsOf = async (browser: PageClient) =>
    (await read(browser, '/organizations/')).body.map(({ id }: { id: string }) => id).sort();
  const sessionsOf = ({ userId }: Person) =>
    server.services.db.selectFrom('sessions').select(['id', 'kind']).where('user_id', '=', userId).orderBy('id').execute();
  const logOut = (browser: PageClient, body?: unknown) =>
    server.request('POST', '/api/0/auth/logout/', { cookie: browser.cookieFor(server.url), ...(body === undefined ? {} : { body }) });

  it('[13.7] gets a second organization by a second login, and is replaced by the login of another user once this one agrees', async () => {
    const [member, other] = [await aLinkedMember(), await aLinkedMember()];
    const browser = new PageClient();
    await enter(browser, first, member);
    assert.deepEqual(await organizationsOf(browser), [first.id]);
    await enter(browser, second, member);
    assert.deepEqual(await organizationsOf(browser), [first.id, second.id].sort());
    assert.equal((await sessionsOf(member)).filter(({ kind }) => kind === 'sso').length, 1);

    const question = await logInWith(server, idp, first, { sub: other.subject }, { browser });
    assert.equal(locationOf(await browser.submit(question)), `${server.url}/organizations/${first.slug}/`);
    assert.equal((await read(browser, '/auth/')).body.id, other.userId);
    assert.deepEqual(await organizationsOf(browser), [first.id]);
    assert.equal((await sessionsOf(member)).filter(({ kind }) => kind === 'sso').length, 0);
  });

  it('[13.7] remains valid for all organizations if it began with a password', async () => {
    const member = await aLinkedMember();
    const third = await anOrganizationOf(server, await aPerson(server));
    await addMember(server, third, member, 'member');
    const browser = await browserOf(server, member);
    await enter(browser, first, member);
    assert.deepEqual(await organizationsOf(browser), [first.id, second.id, third.id].sort());
  });

  it('[H-06] ends the oldest session of a user who has too many', async () => {
    const member = await aLinkedMember();
    const browsers = Array.from({ length: 4 }, () => new PageClient());
    for (const browser of browsers) await enter(browser, first, member);
    assert.equal((await sessionsOf(member)).filter(({ kind }) => kind === 'sso').length, 3);
    assert.equal((await read(browsers[0]!, '/auth/')).status, 400);
    assert.equal((await read(browsers[3]!, '/auth/')).status, 200);
  });

  it('[S-41] [H-06] ends no session of another organization, and none that began with a password', async () => {
    const member = await aLinkedMember();
    const [withPassword, elsewhere, inBoth] = [await browserOf(server, member), new PageClient(), new PageClient()];
    await enter(elsewhere, second, member);
    for (const org of [first, second]) await enter(inBoth, org, member);
    // The owner of the organization controls its provider, and can log in there as any member.
    for (let count = 0; count < 5; count++) await enter(new PageClient(), first, member);
    for (const browser of [withPassword, elsewhere, inBoth]) assert.equal((await read(browser, '/auth/')).status, 200);
    assert.deepEqual(await organizationsOf(inBoth), [second.id], 'it lost its older login at the first organization');
    const kinds = (await sessionsOf(member)).map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'sso').length, 5, 'three of the first organization, and two of the second');
    await enter(inBoth, first, member);
    assert.deepEqual(await organizationsOf(inBoth), [first.id, second.id].sort(), 'the latest login stays, in a session that is older');
    // Nor does a login with the password end another one because of them.
    const again = await browserOf(server, member);
    for (const browser of [withPassword, again, elsewhere]) assert.equal((await read(browser, '/auth/')).status, 200);
  });

  it('[H-06] reaches its browser also if the sessions that it replaces can’t be ended', async () => {
    const member = await aLinkedMember();
    const { db } = server.services;
    for (let count = 0; count < 3; count++) await enter(new PageClient(), first, member);
    await sql`CREATE FUNCTION keep_session() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''a fault''; END'`.execute(db);
    await sql`CREATE TRIGGER keep_session BEFORE DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION keep_session()`.execute(db);
    const browser = new PageClient();
    try {
      await enter(browser, first, member);
      assert.equal((await read(browser, '/auth/')).body.id, member.userId);
    } finally {
      await sql`DROP FUNCTION keep_session CASCADE`.execute(db);
    }
  });

  it('[13.2] loses one organization by a logout from it, on open connections too', async () => {
    const member = await aLinkedMember();
    const browser = new PageClient();
    await enter(browser, first, member);
    await enter(browser, second, member);
    const replica = await WireReplica.open(server.url, { cookie: browser.cookieFor(server.url) }, first.slug);
    replicas.push(replica);
    assert.equal((await logOut(browser, { organization: first.id })).status, 204);
    await eventually(() => assert.deepEqual(replica.frames.findLast(({ event }) => event === 'goodbye')?.payload.reason, 'overloaded'));
    assert.deepEqual(await organizationsOf(browser), [second.id]);
    assert.equal((await read(browser, `/organizations/${first.slug}/`)).status, 401);
    // A new connection may be closed too, if the server learns of the logout once more.
    await eventually(async () => {
      const again = await WireReplica.connect(server.url, { cookie: browser.cookieFor(server.url) });
      replicas.push(again);
      const closed = new Promise((_, reject) => again.socket.once('disconnect', (reason) => reject(new Error(reason))));
      assert.deepEqual(await Promise.race([again.subscribe(first.slug), closed]), { mode: 'denied' });
    });
    assert.equal(await readMetric(server, 'rollcall_sso_ends_total'), 1);

    assert.equal((await logOut(browser, { organization: second.id })).status, 204);
    assert.equal((await read(browser, '/auth/')).status, 400);
  });

  it('[13.7] [V7.6.1] ends at the latest after the hours of the provider', async () => {
    const member = await aLinkedMember();
    await enter(new PageClient(), first, member);
    const { expires_at } = await server.services.db
      .selectFrom('session_sso')
      .innerJoin('sessions', 'sessions.id', 'session_sso.session_id')
      .select('session_sso.expires_at')
      .where('sessions.user_id', '=', member.userId)
      .where('sessions.kind', '=', 'sso')
      .executeTakeFirstOrThrow();
    const hours = (Date.parse(expires_at) - Date.now()) / 3_600_000;
    assert.ok(hours > 167 && hours <= 168, `${hours} hours`);
  });

  const token = 'the token of the mail';

  /** Returns the id of an invite with this token. */
  async function anInvite({ slug, owner }: ProvisionedOrg, body: object): Promise<string> {
    const { body: invite } = await server.request('POST', `/api/0/organizations/${slug}/members/`, { token: owner.token, body });
    await server.services.db
      .updateTable('members')
      .set({ invite_token_hash: hashToken(token) })
      .where('id', '=', invite.id)
      .execute();
    return invite.id;
  }

  it('[13.7] creates the account of an invited person, whose address the link proves', async () => {
    const email = `invited-${nextNumber()}@example.com`;
    const inviteId = await anInvite(first, { email, orgRole: 'manager' });
    const subject = `joined-${nextNumber()}`;
    const join = async (link: string, browser = new PageClient()) => {
      const headers = { Origin: server.url, 'Content-Type': 'application/x-www-form-urlencoded' };
      const form = new URLSearchParams({ invite: link }).toString();
      const started = await browser.request('POST', `${server.url}/auth/sso/${first.id}/start/?next=/done`, headers, form);
      const begun = { browser, orgId: first.id, authorize: new URL(locationOf(started)!) };
      const claims = claimsFor(begun, idp.issuer(), { sub: subject, email: 'elsewhere@example.com', name: 'Joined' });
      const returned = await comeBack(server, begun, { code: idp.codeFor({ claims }), issuer: idp.issuer() });
      return browser.follow(returned, `${server.url}/done`);
    };
    for (const wrong of [`${inviteId}.wrong`, `${inviteId}.`, '.x', `x.${token}`, `${second.owner.memberId}.${token}`]) {
      assert.equal((await join(wrong)).status, 403, wrong);
    }
    const browser = new PageClient();
    assert.equal(locationOf(await join(`${inviteId}.${token}`, browser)), `${server.url}/done`);
    const self = (await read(browser, '/auth/')).body;
    assert.deepEqual([self.email, self.name, self.hasPasswordAuth ?? false], [email, 'Joined', false]);
    const { body: member } = await server.request('GET', `/api/0/organizations/${first.slug}/members/${inviteId}/`, {
      token: first.owner.token,
    });
    assert.deepEqual([member.orgRole, member.pending, member.flags['sso:linked']], ['manager', false, true]);
    assert.equal(locationOf(await join(`${inviteId}.${token}`, new PageClient())), `${server.url}/done`, 'the identity is linked now');
  });

  it('[7.4] joins an organization that requires single sign-on, as the invited user who is logged in', async () => {
    const account = await anAccount(server);
    const inviteId = await anInvite(second, { email: account.email });
    const open = (browser: PageClient) => {
      const form = { action: '/accept/invitation/', method: 'post', fields: { invite: `${inviteId}.${token}` } };
      return browser.get(`${server.url}/accept/`).then((page) => browser.submit(page, form));
    };
    const anonymous = await open(new PageClient());
    assert.match(anonymous.text, /<button type="submit">Join with Test IdP<\/button>/);
    assert.doesNotMatch(anonymous.text, /\?[^"]*the token/, 'a token in a query is in logs of requests');

    await changeRecords(server, second.id, (state) => enforceChanges(state));
    const browser = await browserOf(server, account);
    const page = await open(browser);
    assert.equal(formOf(page).button, 'Join with Test IdP');
    assert.match(page.headers.get('content-security-policy')!, new RegExp(`form-action 'self' ${idp.url} http:;`));
    const begun = { browser, orgId: second.id, authorize: new URL(locationOf(await browser.submit(page))!) };
    const code = idp.codeFor({ claims: claimsFor(begun, idp.issuer(), { sub: `invited-${nextNumber()}`, name: 'A' }) });
    const question = await browser.follow(await comeBack(server, begun, { code, issuer: idp.issuer() }));
    assert.equal(formOf(question).button, 'Link account');
    assert.equal(locationOf(await browser.submit(question)), `${server.url}/organizations/${second.slug}/`);
    assert.equal((await read(browser, `/organizations/${second.slug}/`)).status, 200);
    assert.equal((await read(browser, '/auth/')).body.id, account.id);
  });

  it('[S-37] has at most five logins in its browser, and any number in its network', async () => {
    const browser = new PageClient();
    for (let index = 0; index < 7; index++) await begin(server, first, browser);
    assert.equal(server.services.ssoCookie.read(browser.cookieFor(server.url)).length, 5);
    const post = () => new PageClient().request('POST', `${server.url}/auth/sso/${first.id}/start/`, { Origin: server.url });
    for (let index = 0; index < 30; index++) assert.equal((await post()).status, 303);
  });

  it('[S-24] [S-37] does not begin for responses that no login awaits, which keep no one out', async () => {
    const garbage = () => new PageClient().get(`${server.url}/auth/oidc/${first.id}/callback/?state=${nextNumber()}&code=x`);
    // More than a network may have of responses that a login awaits, and that are refused.
    for (let attempt = 0; attempt < 40; attempt++) {
      const refused = await garbage();
      assert.equal(refused.status, 400);
      assert.equal(refused.headers.get('set-cookie'), null);
    }
    // A good response still passes.
    await enter(new PageClient(), first, await aLinkedMember());
  });

  it('[H-01] never begins with a body of eight megabytes or with values that cannot be stored', async () => {
    const large = 'x'.repeat(8 * 1024 * 1024);
    const headers = { Origin: server.url, 'Content-Type': 'application/x-www-form-urlencoded' };
    await server.services.db.deleteFrom('attempt_limits').execute();
    for (const [path, status] of [
      [`/auth/sso/${first.id}/start/`, 413],
      ['/auth/sso/link/?flow=x', 400],
      ['/auth/sso/link/', 400],
    ] as const) {
      assert.equal((await new PageClient().request('POST', `${server.url}${path}`, headers, large)).status, status, path);
    }
    for (const path of [
      '/auth/login/%00/',
      '/auth/oidc/%00/callback/?state=%00&code=%00',
      '/auth/sso/finish/?flow=%00',
      '/auth/oidc/1/callback/?state=%00',
    ]) {
      assert.ok([200, 400, 429].includes((await new PageClient().get(`${server.url}${path}`)).status), path);
    }
  });

  it('[S-35] shows addresses and names of the provider only in the form that accounts have', async () => {
    const member = await aLinkedMember();
    const claims = {
      sub: member.subject,
      email: 'a@evil.example>, <b@example.com',
      email_verified: true,
      name: `Line\r\nBcc: x ${'n'.repeat(300)}`,
    };
    await logInWith(server, idp, first, claims);
    const rows = await server.services.db
      .selectFrom('sso_identities')
      .select(['email', 'name'])
      .where('user_id', '=', member.userId)
      .execute();
    assert.ok(
      rows.some(({ email, name }) => email === null && name?.length === 200 && !/[\r\n]/.test(name)),
      JSON.stringify(rows),
    );
  });

  it('counts logins by protocol and outcome', async () => {
    const name = 'rollcall_sso_logins_total{protocol="oidc",outcome="known"}';
    const before = await readMetric(server, name);
    await enter(new PageClient(), first, await aLinkedMember());
    assert.equal(await readMetric(server, name), before + 1);
  });
});
