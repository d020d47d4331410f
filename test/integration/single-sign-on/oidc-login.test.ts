import assert from 'node:assert/strict';
import { OrgError } from '@rollcall/protocol';
import { SignJWT, UnsecuredJWT } from 'jose';
import { sql } from 'kysely';
import { pino } from 'pino';
import { flowIdOf, returnOf } from '../../../server/src/features/single-sign-on/flows/sealed-flow.ts';
import { putProvider } from '../../support/auth-providers.ts';
import { putDomain } from '../../support/domains.ts';
import { ForgingIdp } from '../../support/forging-idp.ts';
import { anAccount, logIn, personOf } from '../../support/log-in.ts';
import { browserOf } from '../../support/logged-in.ts';
import { readMetric } from '../../support/metrics.ts';
import { formOf, locationOf, type Page, PageClient } from '../../support/page-client.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { changeAuthProvider, changeFlags, changeOrganization, changeRecords, lockOut } from '../../support/security-records.ts';
import { startServer, startServerWith, type TestServer } from '../../support/server.ts';
import { addOidcProvider, begin, claimsFor, comeBack, logInWith } from '../../support/single-sign-on.ts';

describe('a login by OpenID Connect', () => {
  let idp: ForgingIdp;
  let server: TestServer;
  let org: ProvisionedOrg;
  let providerId: string;

  before(async () => {
    idp = await ForgingIdp.start();
    server = await startServerWith(idp, { OUTBOUND_ALLOWED: '127.0.0.1' });
  });
  after(() => server?.stop());
  afterEach(async () => {
    // Only one organization owns a domain.
    await server.services.db.deleteFrom('verified_domains').execute();
  });
  beforeEach(async () => {
    // The refused responses of the tests count for the same network.
    await server.services.db.deleteFrom('attempt_limits').execute();
    org = await anOrganizationOf(server, await aPerson(server));
    providerId = await addOidcProvider(server, org.id, { issuer: idp.issuer() });
  });

  const aSubject = () => `subject-${nextNumber()}`;
  const home = () => `${server.url}/organizations/${org.slug}/`;

  /** A member who can log in with a password. */
  async function aMember(): Promise<Person> {
    const person = personOf(await anAccount(server));
    await addMember(server, org, person, 'member');
    return person;
  }

  /** Logs in and presses `Link account`. */
  async function link(member: { readonly email: string }, subject: string): Promise<PageClient> {
    const browser = await browserOf(server, member);
    const question = await logInWith(server, idp, org, { sub: subject, email: member.email, name: 'A' }, { browser });
    assert.equal(formOf(question).button, 'Link account', question.text);
    const linked = await browser.submit(question);
    assert.equal(locationOf(linked), home(), linked.text);
    return browser;
  }

  const flagsOf = async (memberId: string | null) => {
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/members/${memberId}/`, { token: org.owner.token });
    return body.flags;
  };
  const get = (browser: PageClient, path: string) => server.request('GET', path, { cookie: browser.cookieFor(server.url) });
  const statusFor = async (browser: PageClient) => (await get(browser, `/api/0/organizations/${org.slug}/`)).status;

  function assertRefused(page: Page, text: RegExp, status = 403): void {
    assert.equal(page.status, status, page.text);
    assert.match(page.text, text);
    // The header names the account whose session the browser has.
    assert.doesNotMatch(page.text.slice(page.text.indexOf('<main>')), /@/, 'the page shows an address');
    assert.ok(!page.headers.getSetCookie().some((cookie) => /rollcall_session=[^;]/.test(cookie)));
  }

  it('[13.7] links the account of a full session after its user has agreed, and knows it from then on', async () => {
    const member = await aMember();
    const subject = aSubject();
    await link(member, subject);
    assert.equal((await flagsOf(member.memberId))['sso:linked'], true);

    const elsewhere = new PageClient();
    const entered = await logInWith(server, idp, org, { sub: subject }, { browser: elsewhere });
    assert.equal(locationOf(entered), home());
    const { body } = await get(elsewhere, '/api/0/organizations/');
    assert.deepEqual(
      body.map(({ id }: { id: string }) => id),
      [org.id],
    );
    const log = await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/?event=sso-identity.link`, {
      token: org.owner.token,
    });
    assert.equal(log.body.rows.length, 1);
    assert.equal(log.body.rows[0].actor.id, member.userId);
  });

  it('[13.7] shows the same login page for an organization without an active provider and one that does not exist', async () => {
    const browser = new PageClient();
    const page = await browser.get(`${server.url}/auth/login/${org.slug}/`);
    assert.equal(formOf(page).button, 'Continue with Test IdP');
    assert.deepEqual(formOf(page).fields, {});
    assert.equal(page.headers.get('cache-control'), 'no-store');
    assert.equal(page.headers.get('referrer-policy'), 'same-origin');
    assert.match(page.headers.get('content-security-policy')!, new RegExp(`form-action 'self' ${idp.url} http:;`));

    const draft = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, draft.id, { issuer: idp.issuer(), record: { status: 'draft' } });
    const none = await browser.get(`${server.url}/auth/login/no-such-organization/`);
    const drafted = await browser.get(`${server.url}/auth/login/${draft.slug}/`);
    assert.deepEqual([none.status, none.text], [drafted.status, drafted.text]);
    const headersOf = ({ headers }: Page) => [...headers].filter(([name]) => !/^(date|x-request-id|x-sentry-rate.*)$/.test(name));
    assert.deepEqual(headersOf(none), headersOf(drafted));
  });

  it('[13.7] [V7.6.2] starts only from a page of this server, and not for a draft', async () => {
    const post = (orgId: string, headers: Record<string, string>) =>
      new PageClient().request('POST', `${server.url}/auth/sso/${orgId}/start/`, headers);
    for (const origin of ['https://evil.example', 'null'])
      assertRefused(await post(org.id, { Origin: origin }), /did not come from a page/);
    assertRefused(await post(org.id, { 'Sec-Fetch-Site': 'cross-site' }), /did not come from a page/);
    for (const orgId of ['1', '99999999', 'x', '__proto__'])
      assertRefused(await post(orgId, { Origin: server.url }), /doesn’t use single sign-on/);
    assert.equal((await post(org.id, { Origin: server.url })).status, 303);
  });

  it('[S-37] [V2.3.1] [V10.2.1] refuses a callback in another browser, a second one, and one after ten minutes', async () => {
    const member = await aMember();
    const subject = aSubject();
    await link(member, subject);
    const issuer = idp.issuer();

    const begun = await begin(server, org);
    const flowId = flowIdOf(begun.authorize.searchParams.get('state')!)!;
    const flow = returnOf(server.services.singleSignOn.key, flowId);
    const early = await begun.browser.get(`${server.url}/auth/sso/finish/?flow=${flow}`);
    assertRefused(early, /began in another browser/, 400);
    const code = idp.codeFor({ claims: claimsFor(begun, issuer, { sub: subject }) });
    assertRefused(await comeBack(server, begun, { code, issuer, browser: new PageClient() }), /began in another browser/, 400);
    const returned = await comeBack(server, begun, { code, issuer });
    assert.equal(returned.status, 303);
    assertRefused(await comeBack(server, begun, { code, issuer }), /began in another browser/, 400);
    const finish = locationOf(returned)!;
    assertRefused(await new PageClient().get(finish), /began in another browser/, 400);
    const cookies = begun.browser.cookieFor(server.url);
    assert.equal(locationOf(await begun.browser.get(finish)), home());
    const replayed = await new PageClient().request('GET', finish, { Cookie: cookies });
    assertRefused(replayed, /was already used/, 400);

    const slow = await begin(server, org);
    const slowCode = idp.codeFor({ claims: claimsFor(slow, issuer, { sub: subject }) });
    const answered = await comeBack(server, slow, { code: slowCode, issuer });
    await server.services.db
      .updateTable('sso_flows')
      .set({ date_created: new Date(Date.now() - 601_000).toISOString() })
      .execute();
    assertRefused(await slow.browser.get(locationOf(answered)!), /has expired/, 400);
  });

  it('[S-37] [V10.1.2] [V10.5.1] refuses the state, the nonce and the verifier of another login', async () => {
    const issuer = idp.issuer();
    const [mine, other] = [await begin(server, org), await begin(server, org)];
    const good = { sub: aSubject() };
    const state = other.authorize.searchParams.get('state')!;
    const code = () => idp.codeFor({ claims: claimsFor(mine, issuer, good) });
    assertRefused(await comeBack(server, mine, { code: code(), issuer, state }), /began in another browser/, 400);
    assertRefused(await comeBack(server, other, { code: code(), issuer }), /was not accepted/, 400);
  });

  it('[S-36] [V10.2.2] refuses a missing or wrong issuer, and a login of one organization at another’s callback', async () => {
    const other = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, other.id, { issuer: idp.issuer('other') });
    const attempt = async (returning: { issuer: string | null; orgId?: string }) => {
      const begun = await begin(server, org);
      const code = idp.codeFor({ claims: claimsFor(begun, idp.issuer(), { sub: aSubject() }) });
      return comeBack(server, begun, { code, ...returning });
    };
    assertRefused(await attempt({ issuer: null }), /was not accepted/, 400);
    assertRefused(await attempt({ issuer: idp.issuer('other') }), /was not accepted/, 400);
    assertRefused(await attempt({ issuer: idp.issuer(), orgId: other.id }), /began in another browser/, 400);
  });

  it('[S-38] [V6.8.2] [V10.5.4] refuses an ID token of another key, without a signature, with an HMAC or for another audience, and userinfo of another subject', async () => {
    const stranger = await ForgingIdp.start();
    const bytes = new TextEncoder().encode(idp.clientSecret);
    const member = await aMember();
    const subject = aSubject();
    await link(member, subject);
    const attempts: [string, Record<string, unknown>, Partial<Parameters<ForgingIdp['codeFor']>[0]>][] = [
      ['another key', {}, { sign: (claims) => stranger.sign(claims) }],
      ['none', {}, { sign: async (claims) => new UnsecuredJWT(claims).encode() }],
      ['HS256', {}, { sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(bytes) }],
      ['aud', { aud: 'another' }, {}],
      ['aud list without azp', { aud: ['rollcall', 'another'] }, {}],
      ['azp', { aud: ['rollcall', 'another'], azp: 'another' }, {}],
      ['iss', { iss: idp.issuer('other') }, {}],
      ['exp', { exp: Math.floor(Date.now() / 1_000) - 61 }, {}],
      ['nonce', { nonce: 'another' }, {}],
      ['sub', { sub: '' }, {}],
      ['userinfo', { email: undefined }, { userinfo: { sub: 'another', email: member.email, email_verified: true } }],
    ];
    for (const [what, claims, grant] of attempts) {
      const begun = await begin(server, org);
      const good = claimsFor(begun, idp.issuer(), { sub: subject, email: member.email, name: 'A' });
      const code = idp.codeFor({ claims: { ...good, ...claims }, ...grant });
      const page = await comeBack(server, begun, { code, issuer: idp.issuer() });
      // More than ten failures in a minute are 429.
      assert.ok([400, 429].includes(page.status), `${what}: ${page.status}`);
      assert.equal(begun.browser.cookieFor(server.url).includes('rollcall_session'), false, what);
    }
    await stranger.stop();
    await server.services.db.deleteFrom('attempt_limits').execute();
    assert.equal(locationOf(await logInWith(server, idp, org, { sub: subject, email: member.email, name: 'A' })), home());
  });

  it('[S-40] [V10.5.3] refuses a provider that describes another issuer', async () => {
    idp.describe = (metadata) => ({ ...metadata, issuer: idp.issuer('another') });
    const other = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, other.id, { issuer: idp.issuer('described') });
    const started = await new PageClient().request('POST', `${server.url}/auth/sso/${other.id}/start/`, { Origin: server.url });
    idp.describe = (metadata) => metadata;
    assertRefused(started, /can’t be reached/, 503);
  });

  it('[S-40] logs and counts a provider that can’t be reached, without its secret', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const logging = await startServer({}, { log });
    try {
      const metric = 'rollcall_sso_logins_total{protocol="oidc",outcome="unreachable"}';
      const own = await anOrganizationOf(logging, await aPerson(logging));
      const id = await addOidcProvider(logging, own.id, { issuer: 'https://idp.invalid' });
      const started = await new PageClient().request('POST', `${logging.url}/auth/sso/${own.id}/start/`, { Origin: logging.url });
      assertRefused(started, /can’t be reached/, 503);
      const [line = '', ...others] = lines.filter((text) => text.includes('single sign-on'));
      const { level, orgId, providerId, reason, detail } = JSON.parse(line);
      assert.deepEqual([level, orgId, providerId, reason, others], [40, own.id, id, 'unreachable', []]);
      assert.match(detail, /\w/);
      assert.equal(await readMetric(logging, metric), 1);
    } finally {
      await logging.stop();
    }
  });

  it('[S-40] calls no provider inside the network: discovery, token, keys and userinfo', async () => {
    const inside = 'http://169.254.169.254';
    for (const [name, change] of Object.entries({
      token: { token_endpoint: `${inside}/token` },
      keys: { jwks_uri: `${inside}/keys` },
      userinfo: { userinfo_endpoint: `${inside}/userinfo` },
    })) {
      idp.describe = (metadata) => ({ ...metadata, ...change });
      const other = await anOrganizationOf(server, await aPerson(server));
      const issuer = idp.issuer(`inside-${name}`);
      await addOidcProvider(server, other.id, { issuer });
      const begun = await begin(server, other);
      const code = idp.codeFor({ claims: claimsFor(begun, issuer, { sub: aSubject() }) });
      assertRefused(await comeBack(server, begun, { code, issuer }), /was not accepted/, 400);
    }
    idp.describe = (metadata) => metadata;
    for (const issuer of [inside, 'http://10.0.0.1/idp', 'https://localhost:1/', 'http://[::ffff:169.254.169.254]/']) {
      const other = await anOrganizationOf(server, await aPerson(server));
      await addOidcProvider(server, other.id, { issuer });
      const started = await new PageClient().request('POST', `${server.url}/auth/sso/${other.id}/start/`, { Origin: server.url });
      assertRefused(started, /can’t be reached/, 503);
    }
    assert.ok(server.services.writePath.counters.byReason('outboundRefused').get('address')! > 0);
  });

  it('[S-43] [V7.2.4] gives the session a new token at each login', async () => {
    const member = await aMember();
    const subject = aSubject();
    const browser = await link(member, subject);
    const tokens = new Set([browser.cookieFor(server.url)]);
    const earlier = browser.cookieFor(server.url);
    for (let round = 0; round < 2; round++) {
      await logInWith(server, idp, org, { sub: subject }, { browser });
      tokens.add(browser.cookieFor(server.url));
    }
    assert.equal(tokens.size, 3);
    assert.equal((await server.request('GET', '/api/0/auth/', { cookie: earlier })).status, 400);
    assert.equal((await get(browser, '/api/0/auth/')).status, 200);
  });

  it('[S-43] [S-24] [V3.7.2] leads only to pages of this server after the login', async () => {
    const member = await aMember();
    const subject = aSubject();
    await link(member, subject);
    for (const next of [
      '//evil',
      '/%5Cevil',
      'https:evil',
      '/%09/evil',
      '%2F%2Fevil.example',
      'https://evil.example/',
      '/%2509/evil',
      'javascript:alert(1)',
    ]) {
      const begun = await begin(server, org, new PageClient(), next);
      const code = idp.codeFor({ claims: claimsFor(begun, idp.issuer(), { sub: subject }) });
      const returned = await comeBack(server, begun, { code, issuer: idp.issuer() });
      const entered = await begun.browser.get(locationOf(returned)!);
      assert.equal(entered.status, 303, entered.text);
      assert.equal(new URL(locationOf(entered)!).origin, server.url, next);
      assert.doesNotMatch(entered.headers.get('location')!, /^\/[/\\]|[\t\\]/, next);
    }
  });

  it('[S-27] fails at its end if the provider, the organization, the user or the member changed during it', async () => {
    const changes: [RegExp, (member: Person) => Promise<unknown>][] = [
      [/changed during your login/, () => changeRecords(server, org.id, (state) => changeAuthProvider(state, { generation: 2 }))],
      [
        /changed during your login/,
        () =>
          changeRecords(server, org.id, (state) => [
            ...changeAuthProvider(state, { status: 'draft' }),
            ...changeOrganization(state, { hasAuthProvider: false }),
          ]),
      ],
      [/disabled/, ({ userId }) => server.operate('PUT', `/users/${userId}/`, { isActive: false })],
      [/no longer a member/, ({ memberId }) => removeMember(memberId)],
      [/changed during your login/, () => server.request('DELETE', `/api/0/organizations/${org.slug}/`, { token: org.owner.token })],
    ];
    for (const [text, change] of changes) {
      org = await anOrganizationOf(server, await aPerson(server));
      providerId = await addOidcProvider(server, org.id, { issuer: idp.issuer() });
      const member = await aMember();
      const subject = aSubject();
      await link(member, subject);
      const begun = await begin(server, org);
      const code = idp.codeFor({ claims: claimsFor(begun, idp.issuer(), { sub: subject }) });
      const returned = await comeBack(server, begun, { code, issuer: idp.issuer() });
      const response = await change(member);
      if (typeof response === 'object') assert.ok((response as { status: number }).status < 300, JSON.stringify(response));
      assertRefused(await begun.browser.get(locationOf(returned)!), text);
    }
  });

  it('[S-27] does not bring a removed member back, also where logins create members', async () => {
    const member = await aMember();
    const subject = aSubject();
    await link(member, subject);
    await changeRecords(server, org.id, (state) => changeAuthProvider(state, { jit: 'domains' }));
    await putDomain(server, org.id, 'example.com');
    await removeMember(member.memberId);
    const verified = { email: member.email, email_verified: true };
    assertRefused(await logInWith(server, idp, org, { sub: subject, ...verified }), /no longer a member/);
    assertRefused(await logInWith(server, idp, org, { sub: aSubject(), ...verified }), /no longer a member/);
  });

  it('[S-27] does not bring back a removed member who had no linked identity, or whose account lost the address', async () => {
    await changeRecords(server, org.id, (state) => changeAuthProvider(state, { jit: 'domains' }));
    await putDomain(server, org.id, 'example.com');
    for (const isUnlinked of [false, true]) {
      const member = await aMember();
      if (isUnlinked) {
        const cookie = (await link(member, aSubject())).cookieFor(server.url);
        const own = `/api/0/organizations/${org.slug}/members/me/sso-identity/`;
        assert.equal((await server.request('DELETE', own, { cookie })).status, 204);
      }
      await removeMember(member.memberId);
      const claims = () => ({ sub: aSubject(), email: member.email.toUpperCase(), email_verified: true });
      assertRefused(await logInWith(server, idp, org, claims()), /no longer a member/);
      const { db } = server.services;
      const other = { email: `other-${nextNumber()}@example.net` };
      await db.updateTable('users').set(other).where('id', '=', member.userId).execute();
      await db.updateTable('user_emails').set(other).where('user_id', '=', member.userId).execute();
      assertRefused(await logInWith(server, idp, org, claims()), /no longer a member/);
    }
  });

  it('[S-27] does not bring back a removed member by another address, which the person deleted from the account', async () => {
    await changeRecords(server, org.id, (state) => changeAuthProvider(state, { jit: 'domains' }));
    await putDomain(server, org.id, 'example.com');
    const member = await aMember();
    const { db } = server.services;
    const other = `other-${nextNumber()}@example.com`;
    await db.insertInto('user_emails').values({ user_id: member.userId, email: other.toUpperCase(), is_verified: true }).execute();
    await removeMember(member.memberId);
    await db.deleteFrom('user_emails').where('user_id', '=', member.userId).where('email', '!=', member.email).execute();
    const attempt = () => logInWith(server, idp, org, { sub: aSubject(), email: other, email_verified: true });
    assertRefused(await attempt(), /no longer a member/);
    // A second removal remembers the addresses of the first one too.
    await addMember(server, org, member, 'member');
    await removeMember(member.memberId);
    assertRefused(await attempt(), /no longer a member/);
    await server.services.db.deleteFrom('sso_removed_users').where('user_id', '=', member.userId).execute();
    assert.equal(locationOf(await attempt()), home());
  });

  it('[S-27] does not bring back a removed member whom an instance of an older version recorded', async () => {
    await changeRecords(server, org.id, (state) => changeAuthProvider(state, { jit: 'domains' }));
    await putDomain(server, org.id, 'example.com');
    const { userId } = await aMember();
    const { db } = server.services;
    const attempt = (email: string) => logInWith(server, idp, org, { sub: aSubject(), email, email_verified: true });
    for (const email of [`first-${nextNumber()}@example.com`, `second-${nextNumber()}@example.com`]) {
      await sql`INSERT INTO sso_removed_users (provider_id, user_id, email) VALUES (${providerId}, ${userId}, ${email})
        ON CONFLICT (provider_id, user_id) DO UPDATE SET email = excluded.email`.execute(db);
      assertRefused(await attempt(email), /no longer a member/);
    }
  });

  it('[S-27] links a member again by the earlier identity, unless it was invalid or is that of an earlier provider', async () => {
    const invalidate = ({ memberId }: Person) =>
      changeRecords(server, org.id, (state) => changeFlags(state, memberId!, { 'sso:invalid': true }));
    const replace = async () => {
      const config = { issuer: idp.issuer(), client_id: `client-${nextNumber()}`, client_secret: idp.clientSecret };
      await putProvider(server, { ...org, cookie: await logIn(server, org.owner) }, { config });
    };
    const nothing = async () => {};
    for (const [change, changeAfterRemoval, isLinked] of [
      [nothing, nothing, true],
      [invalidate, nothing, false],
      [nothing, replace, false],
      [replace, nothing, false],
    ] as const) {
      org = await anOrganizationOf(server, personOf(await anAccount(server)));
      await addOidcProvider(server, org.id, { issuer: idp.issuer() });
      const member = await aMember();
      const subject = aSubject();
      await link(member, subject);
      await change(member);
      const path = `/api/0/organizations/${org.slug}/members/${member.memberId}/`;
      assert.equal((await server.request('DELETE', path, { cookie: await logIn(server, org.owner) })).status, 204);
      await changeAfterRemoval();
      await addMember(server, org, member, 'member');
      const browser = new PageClient();
      const page = await logInWith(server, idp, org, { sub: subject }, { browser });
      if (isLinked) assert.equal(locationOf(page), home(), page.text);
      else assertRefused(page, /isn’t linked/);
    }
  });

  it('[S-28] [V10.5.2] links the subject that was shown, once, in the same browser and session', async () => {
    const member = await aMember();
    const browser = await browserOf(server, member);
    const ask = (claims: Record<string, unknown>) => logInWith(server, idp, org, claims, { browser });
    const [first, second] = [await ask({ sub: aSubject(), name: 'A' }), await ask({ sub: aSubject(), name: 'B' })];

    // Another browser with the same session, without the flow's cookie.
    const stranger = await browserOf(server, member);
    assertRefused(await stranger.submit(first), /began in another browser/, 400);

    // Another session of the same user in the browser that has the flow.
    const cookies = browser.cookieFor(server.url);
    browser.setCookie(server.url, await logIn(server, member));
    assertRefused(await browser.submit(first), /was already used/, 400);
    for (const cookie of cookies.split('; ')) browser.setCookie(server.url, cookie);

    assert.equal(locationOf(await browser.submit(second)), home());
    assertRefused(await browser.submit(second), /was already used/, 400);
    const { subject } = await server.services.db
      .selectFrom('sso_identities')
      .select('subject')
      .where('provider_id', '=', providerId)
      .executeTakeFirstOrThrow();
    assert.match(second.text, new RegExp(`Link ${subject} at Test IdP`));
  });

  it('[S-28] asks about the subject and the address', async () => {
    const member = await aMember();
    const [sub, email] = [aSubject(), 'jane@example.com'];
    const question = await logInWith(server, idp, org, { sub, email, name: 'A' }, { browser: await browserOf(server, member) });
    assert.match(question.text, new RegExp(`Link ${sub}, ${email} at Test IdP to your account ${member.email}\\?`));
  });

  it('[13.7] states that the provider ended the login, and does not count it as an attempt to forge one', async () => {
    // One more than a network may have refused in a minute.
    for (let attempt = 0; attempt < 31; attempt++) {
      const { browser, authorize } = await begin(server, org);
      const answer = {
        state: authorize.searchParams.get('state')!,
        iss: idp.issuer(),
        error: 'access_denied',
        error_description: 'a reason',
      };
      const page = await browser.get(`${server.url}/auth/oidc/${org.id}/callback/?${new URLSearchParams(answer)}`);
      assertRefused(page, /Your identity provider ended the login/);
      assert.doesNotMatch(page.text, /a reason/);
    }
    const { browser, authorize } = await begin(server, org);
    const answer = { state: authorize.searchParams.get('state')!, iss: 'https://other.example', error: 'access_denied' };
    assertRefused(await browser.get(`${server.url}/auth/oidc/${org.id}/callback/?${new URLSearchParams(answer)}`), /was not accepted/, 400);
  });

  it('[13.7] shows a page while the organization is too busy, and continues when that page is reloaded', async () => {
    const member = await aMember();
    const subject = aSubject();
    const { writeQueue } = server.services.writePath;
    const whileBusy = async (request: () => Promise<Page>) => {
      const busy = () =>
        Promise.reject(new OrgError('unavailable', 'Timed out waiting for earlier changes to this organization. Try again.'));
      Object.assign(writeQueue, { run: busy });
      try {
        assertRefused(await request(), /<!doctype html>.*Too many people are logging in/is, 503);
      } finally {
        Reflect.deleteProperty(writeQueue, 'run');
      }
    };
    const browser = await browserOf(server, member);
    const begun = await begin(server, org, browser);
    const code = idp.codeFor({ claims: claimsFor(begun, idp.issuer(), { sub: subject }) });
    const finish = locationOf(await comeBack(server, begun, { code, issuer: idp.issuer() }))!;
    await whileBusy(() => browser.get(finish));
    const question = await browser.get(finish);
    assert.equal(formOf(question).button, 'Link account');
    await whileBusy(() => browser.submit(question));
    assert.equal((await browser.submit(question)).status, 303);
    assert.equal((await flagsOf(member.memberId))['sso:linked'], true);
  });

  it('[S-28] forgets the question at logout', async () => {
    const member = await aMember();
    const browser = await browserOf(server, member);
    const question = await logInWith(server, idp, org, { sub: aSubject() }, { browser });
    const cookie = browser.cookieFor(server.url);
    assert.equal((await server.request('POST', '/api/0/auth/logout/', { cookie })).status, 204);
    browser.setCookie(server.url, await logIn(server, member));
    assertRefused(await browser.submit(question), /was already used/, 400);
    assert.equal((await flagsOf(member.memberId))['sso:linked'], false);
  });

  it('[S-28] forgets the question when an identity is unlinked', async () => {
    const member = await aMember();
    await link(member, aSubject());
    await changeRecords(server, org.id, (state) => changeFlags(state, member.memberId!, { 'sso:invalid': true }));
    const browser = await browserOf(server, member);
    const question = await logInWith(server, idp, org, { sub: aSubject() }, { browser });
    assert.equal(formOf(question).button, 'Link account');
    const path = `/api/0/organizations/${org.slug}/members/${member.memberId}/sso-identity/`;
    assert.equal((await server.request('DELETE', path, { cookie: browser.cookieFor(server.url) })).status, 204);
    assertRefused(await browser.submit(question), /was already used/, 400);
    assert.equal((await flagsOf(member.memberId))['sso:linked'], false);
  });

  it('[S-35] links and creates no one by an address that the provider does not assert to be verified', async () => {
    await changeRecords(server, org.id, (state) => changeAuthProvider(state, { jit: 'domains' }));
    await putDomain(server, org.id, 'example.com');
    const member = await aMember();
    for (const email_verified of [undefined, false, 'true', 1, null, [true]]) {
      const claims = email_verified === undefined ? {} : { email_verified };
      assertRefused(
        await logInWith(server, idp, org, { sub: aSubject(), email: member.email, ...claims }),
        /didn’t confirm that your email address is verified/,
      );
      assertRefused(await logInWith(server, idp, org, { sub: aSubject(), email: 'new@example.com', ...claims }), /is verified/);
    }
    const users = await server.services.db.selectFrom('users').select('id').where('email', '=', 'new@example.com').execute();
    assert.deepEqual(users, []);

    // A known subject keeps its account when its address changes to that of another member.
    const subject = aSubject();
    await link(member, subject);
    const other = await aMember();
    const browser = new PageClient();
    await logInWith(server, idp, org, { sub: subject, email: other.email, email_verified: true }, { browser });
    assert.equal((await get(browser, '/api/0/auth/')).body.id, member.userId);
  });

  it('[S-35] takes an address from the userinfo as unverified if only the ID token has `email_verified`', async () => {
    await changeRecords(server, org.id, (state) => changeAuthProvider(state, { jit: 'domains' }));
    await putDomain(server, org.id, 'example.com');
    const issuer = idp.issuer();
    const logInByUserinfo = async (email: string, ofIdToken: object, ofUserinfo: object) => {
      const begun = await begin(server, org);
      const sub = aSubject();
      const claims = claimsFor(begun, issuer, { sub, name: 'A', ...ofIdToken });
      const code = idp.codeFor({ claims, userinfo: { sub, email, ...ofUserinfo } });
      return begun.browser.follow(await comeBack(server, begun, { code, issuer }), `${server.url}/organizations/`);
    };
    const isVerified = { email_verified: true };
    for (const email of [(await aMember()).email, 'unverified@example.com'])
      assertRefused(await logInByUserinfo(email, isVerified, {}), /didn’t confirm that your email address is verified/);
    assert.equal(locationOf(await logInByUserinfo('by-userinfo@example.com', {}, isVerified)), home());
  });

  it('[13.7] needs no userinfo for the name, but refuses that of another subject', async () => {
    const [member, subject] = [await aMember(), aSubject()];
    await link(member, subject);
    const issuer = idp.issuer();
    const logInByUserinfo = async (claims: object, userinfo: object) => {
      const begun = await begin(server, org);
      const code = idp.codeFor({ claims: claimsFor(begun, issuer, { sub: subject, ...claims }), userinfo: { ...userinfo } });
      return begun.browser.follow(await comeBack(server, begun, { code, issuer }), `${server.url}/organizations/`);
    };
    const address = { email: member.email, email_verified: true, name: undefined };
    assert.equal(locationOf(await logInByUserinfo(address, {})), home(), 'a failing userinfo refused the login');
    assertRefused(await logInByUserinfo(address, { sub: 'another', name: 'A' }), /was not accepted/, 400);
    assertRefused(await logInByUserinfo({ email: undefined }, {}), /was not accepted/, 400);
  });

  it('[13.7] sends a person whose login isn’t linked to the password, and from there to the login page that links it', async () => {
    const page = await logInWith(server, idp, org, { sub: aSubject(), email: 'someone@example.com' });
    const [, link] = /<a href="([^"]*)">Log in with a password</.exec(page.text)!;
    const address = new URL(link!.replaceAll('&amp;', '&'), server.url);
    const loginPage = `/auth/login/${org.slug}/?next=${encodeURIComponent(`/organizations/${org.slug}/`)}`;
    assert.equal(address.searchParams.get('next'), loginPage);
    const password = await new PageClient().get(address.href);
    assert.ok(password.text.includes(`data-next="${loginPage}"`), password.text);
  });

  it('[13.7] links a member of an owned domain without asking, and creates members where logins may', async () => {
    await putDomain(server, org.id, 'example.com');
    const member = await aMember();
    const verified = (email: string) => ({ sub: aSubject(), email, email_verified: true, name: 'New Person' });
    assert.equal(locationOf(await logInWith(server, idp, org, verified(member.email))), home());
    assert.equal((await flagsOf(member.memberId))['sso:linked'], true);
    assertRefused(await logInWith(server, idp, org, verified('first@example.com')), /by invitation only/);

    await changeRecords(server, org.id, (state) => changeAuthProvider(state, { jit: 'domains' }));
    const browser = new PageClient();
    assert.equal(locationOf(await logInWith(server, idp, org, verified('first@example.com'), { browser })), home());
    assert.equal(await statusFor(browser), 200);
    assertRefused(
      await logInWith(server, idp, org, verified('second@sub.example.com')),
      /isn’t one of this organization’s verified domains/,
    );
  });

  it('[5.6] keeps the locked-out member of another user who had the address of the person who joins', async () => {
    const domain = `locked-out-${nextNumber()}.example.com`;
    await putDomain(server, org.id, domain);
    await changeRecords(server, org.id, (state) => changeAuthProvider(state, { jit: 'domains' }));
    const former = await aMember();
    const email = `someone@${domain}`;
    await lockOut(server, org.id, former.memberId!, email);
    assert.equal(locationOf(await logInWith(server, idp, org, { sub: aSubject(), email, email_verified: true, name: 'Someone' })), home());
    const kept = await server.request('GET', `/api/0/organizations/${org.slug}/members/${former.memberId}/`, { token: org.owner.token });
    assert.deepEqual([kept.status, kept.body.pending, kept.body.email], [200, true, email]);
  });

  it('[17.24] ends the locked-out member of the person who joins, so that no second factor reinstates it after a removal', async () => {
    await putDomain(server, org.id, 'example.com');
    await changeRecords(server, org.id, (state) => changeAuthProvider(state, { jit: 'domains' }));
    const person = await aMember();
    // The address has changed since.
    await lockOut(server, org.id, person.memberId!, `former-${person.email}`);
    const claims = { sub: aSubject(), email: person.email, email_verified: true };
    assert.equal(locationOf(await logInWith(server, idp, org, claims)), home());

    const own = (method: string, path: string) =>
      server.request(method, `/api/0/organizations/${org.slug}/members/${path}`, { token: org.owner.token });
    assert.equal((await own('GET', `${person.memberId}/`)).status, 404);
    const [joined] = (await own('GET', `?query=${encodeURIComponent(`email:${person.email}`)}`)).body;
    assert.equal(joined.user.id, person.userId);
    assert.equal((await own('DELETE', `${joined.id}/`)).status, 204);
    await server.operate('POST', `/users/${person.userId}/authenticators/`, { type: 'totp' });
    assert.deepEqual((await own('GET', `?query=${encodeURIComponent(`email:${person.email}`)}`)).body, []);
  });

  it('[S-41] [V6.8.1] gives nothing of another organization to the owner of an identity provider', async () => {
    const victim = personOf(await anAccount(server));
    const home = org;
    await addMember(server, home, victim, 'owner');
    const subject = aSubject();
    await link(victim, subject);

    // The attacker's provider asserts the victim's address and subject.
    org = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, org.id, { issuer: idp.issuer('evil'), record: { jit: 'domains' } });
    const claims = { sub: subject, email: victim.email, email_verified: true };
    assertRefused(await logInWith(server, idp, org, claims, { issuer: idp.issuer('evil') }), /isn’t linked to an account/);

    // Even if the victim is linked in both organizations, a session from the attacker's provider
    // gives no access to the victim's home organization.
    await addMember(server, org, victim, 'member');
    const linking = await browserOf(server, victim);
    await linking.submit(await logInWith(server, idp, org, claims, { browser: linking, issuer: idp.issuer('evil') }));
    const browser = new PageClient();
    await logInWith(server, idp, org, claims, { browser, issuer: idp.issuer('evil') });
    const cookie = browser.cookieFor(server.url);
    const send = (method: string, path: string, body?: unknown) =>
      server.request(method, `/api/0${path}`, { cookie, ...(body === undefined ? {} : { body }) });
    assert.equal((await send('GET', `/organizations/${home.slug}/`)).status, 401);
    assert.deepEqual(
      (await send('GET', '/organizations/')).body.map(({ id }: { id: string }) => id),
      [org.id],
    );
    assert.equal((await send('POST', '/api-tokens/', { name: 'x', scopes: ['org:read'], organization: home.id })).status, 400);
    assert.equal((await send('POST', '/auth/emails/', { email: 'attacker@example.com', password: 'x' })).status, 403);
    assert.equal(
      (await send('PUT', '/auth/', { password: 'x'.repeat(12), currentPassword: 'y' })).body.detail?.code,
      'full-login-required',
    );
  });

  it('[13.7] tests a provider, also a draft, for the session that started it', async () => {
    const owner = personOf(await anAccount(server));
    await addMember(server, org, owner, 'owner');
    await changeRecords(server, org.id, (state) => [
      ...changeAuthProvider(state, { status: 'draft' }),
      ...changeOrganization(state, { hasAuthProvider: false }),
    ]);
    const browser = await browserOf(server, owner);
    const path = `/api/0/organizations/${org.slug}/auth-provider/test/`;
    const start = async () => {
      const started = await server.request('POST', path, { cookie: browser.cookieFor(server.url) });
      assert.equal(started.status, 201, JSON.stringify(started.body));
      for (const cookie of started.headers.getSetCookie()) browser.setCookie(server.url, cookie);
      const { id, url } = started.body;
      return { id, begun: { browser, orgId: org.id, authorize: new URL(url) } };
    };
    const resultOf = (id: string, cookie = browser.cookieFor(server.url)) => server.request('GET', `${path}${id}/`, { cookie });

    const { id, begun } = await start();
    assert.equal((await resultOf(id)).body.ok, null);
    const code = idp.codeFor({ claims: claimsFor(begun, idp.issuer(), { sub: 'a tester', email: owner.email, groups: ['a', 'b'] }) });
    const page = await browser.follow(await comeBack(server, begun, { code, issuer: idp.issuer() }));
    assert.match(page.text, /The test succeeded/);
    const { body } = await resultOf(id);
    assert.deepEqual([body.ok, body.subject, body.email, body.attributes.groups], [true, 'a tester', owner.email, ['a', 'b']]);
    assert.deepEqual(body.wouldLinkTo, { id: owner.memberId, email: owner.email });
    assert.deepEqual(body.problems, [
      'The provider does not state that the email address is verified, so no member can be created by a login.',
      'The provider sends no name. New members are shown by their email address.',
    ]);
    assert.equal((await resultOf(id, await logIn(server, owner))).status, 404);
    const { provider } = await server.services.db
      .selectFrom('auth_providers')
      .select('provider')
      .where('id', '=', providerId)
      .executeTakeFirstOrThrow();
    assert.notEqual(provider.lastTestedAt, null);
    assert.deepEqual(
      await server.services.db.selectFrom('sso_identities').select('id').where('provider_id', '=', providerId).execute(),
      [],
    );

    const failing = await start();
    const denied = await browser.get(
      `${server.url}/auth/oidc/${org.id}/callback/?${new URLSearchParams({
        state: failing.begun.authorize.searchParams.get('state')!,
        iss: idp.issuer(),
        error: 'access_denied',
        error_description: 'not assigned',
      })}`,
    );
    assert.match((await browser.follow(denied)).text, /The test failed/);
    const failed = (await resultOf(failing.id)).body;
    assert.deepEqual([failed.ok, failed.problems], [false, ['The provider responded with the error access_denied: not assigned.']]);
  });

  it('[13.7] lets only administrators start a test and read its result, in a session', async () => {
    const path = `/api/0/organizations/${org.slug}/auth-provider/test/`;
    const member = await aMember();
    const stranger = personOf(await anAccount(server));
    const cookies = [await logIn(server, member), await logIn(server, stranger)];
    for (const method of ['GET', 'POST']) {
      const url = method === 'GET' ? `${path}${'0'.repeat(64)}/` : path;
      assert.equal((await server.request(method, url)).status, 401);
      assert.equal((await server.request(method, url, { token: org.owner.token })).status, 403);
      assert.equal((await server.request(method, url, { cookie: cookies[0] })).status, 403);
      assert.equal((await server.request(method, url, { cookie: cookies[1] })).status, 403);
    }
  });

  async function removeMember(memberId: string | null): Promise<void> {
    const path = `/api/0/organizations/${org.slug}/members/${memberId}/`;
    assert.equal((await server.request('DELETE', path, { token: org.owner.token })).status, 204);
  }
});
