import assert from 'node:assert/strict';
import { inUserTransaction } from '../../server/src/write-path/users/user-transaction.ts';
import { yieldAddress } from '../../server/src/write-path/users/yield-address.ts';
import { putDomain } from '../support/domains.ts';
import { eventually } from '../support/eventually.ts';
import { ForgingIdp } from '../support/forging-idp.ts';
import { goodPassword, logIn } from '../support/log-in.ts';
import { aLoggedInMember, anOrgWithOwner, browserOf, type OrgWithOwner } from '../support/logged-in.ts';
import { linkOf, mailsTo, readMails } from '../support/mailbox.ts';
import { formOf, locationOf } from '../support/page-client.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../support/provision.ts';
import { mintScimToken, scimClient } from '../support/scim.ts';
import { startServerWith, type TestServer } from '../support/server.ts';
import { logInWith } from '../support/single-sign-on.ts';
import { storedRecords } from '../support/stored-records.ts';
import { addProvider, awaitRefresh, giveUnproven, inviteByMail, register, squat } from '../support/unproven-addresses.ts';

const placeholder = /^no-address-[0-9a-f]{16}@users\.invalid$/;

describe('an address that an identity provider asserts without owning its domain', () => {
  let idp: ForgingIdp;
  let server: TestServer;
  let attacker: OrgWithOwner;
  let other: ProvisionedOrg;
  let domain: string;
  let email: string;

  before(async () => {
    idp = await ForgingIdp.start();
    server = await startServerWith(idp, { OUTBOUND_ALLOWED: '127.0.0.1' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    attacker = await anOrgWithOwner(server);
    other = await anOrganizationOf(server, await aPerson(server));
    for (const org of [attacker, other]) await addProvider(server, org, idp);
    domain = `victim-${nextNumber()}.example`;
    email = `ceo@${domain}`;
  });

  const selfOf = async (cookie: string) => (await server.request('GET', '/api/0/auth/', { cookie })).body;
  const userIdOf = async (memberId: string, org: ProvisionedOrg = attacker) =>
    (await storedRecords(server, org.id, 'member')).find(({ id }) => id === memberId)!.user.id as string;
  const ownerCalls = (path: string, org: OrgWithOwner = attacker) =>
    server.request('GET', `/api/0/organizations/${org.slug}/${path}`, { cookie: org.cookie });
  /** A squatter of the time before the placeholders. */
  async function anUnprovenHolder() {
    const squatter = await squat(server, attacker, idp, email);
    const userId = await userIdOf(squatter.memberId);
    await giveUnproven(server, userId, email);
    return { ...squatter, userId };
  }
  async function assertYielded({ userId, memberId, browser }: Awaited<ReturnType<typeof anUnprovenHolder>>) {
    await awaitRefresh(server, userId);
    const { db } = server.services;
    const user = await db.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
    assert.match(user.email, placeholder);
    const addresses = await db.selectFrom('user_emails').select(['email', 'is_verified']).where('user_id', '=', userId).execute();
    assert.deepEqual(addresses, [{ email: user.email, is_verified: false }]);
    const member = (await ownerCalls(`members/${memberId}/`)).body;
    assert.equal(member.email, user.email);
    assert.equal((await selfOf(browser.cookieFor(server.url))).id, userId, 'the login stays');
    const [mail] = await mailsTo(server, attacker.owner.email, `A member of ${await nameOf(attacker)} no longer has the address ${email}`);
    assert.match(mail!.text, /Another person has now proved/);
    const owner = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst();
    assert.notEqual(owner?.id, userId);
  }
  const nameOf = async (org: OrgWithOwner) => (await ownerCalls('', org)).body.name as string;

  it('[H-25] belongs to no account: the account gets a placeholder, and its organization alone sees the address', async () => {
    const { browser, memberId, subject } = await squat(server, attacker, idp, email);
    const self = await selfOf(browser.cookieFor(server.url));
    assert.match(self.email, placeholder);
    const member = (await ownerCalls(`members/${memberId}/`)).body;
    assert.match(member.email, placeholder);
    assert.equal(member.name, 'Mallory');
    const identity = (await ownerCalls(`members/${memberId}/sso-identity/`)).body;
    assert.deepEqual([identity.email, identity.isEmailVerified], [email, false]);
    const { body: state } = await server.operate('GET', `/organizations/${other.id}/state/`);
    assert.ok(!JSON.stringify(state).includes(email));

    // The provider still knows the person by the address that it asserted.
    const scim = scimClient(server, attacker.id, await mintScimToken(server, attacker.id));
    const found = await scim('GET', `/Users?filter=${encodeURIComponent(`userName eq "${email.toUpperCase()}"`)}`);
    assert.deepEqual(
      found.body.Resources.map(({ id, userName }: { id: string; userName: string }) => [id, userName]),
      [[memberId, email]],
    );
    assert.equal((await scim('POST', '/Users', { userName: email })).status, 409);
    assert.equal((await scim('PUT', `/Users/${memberId}`, { userName: email, sentryOrgRole: 'admin' })).body.userName, email);
    const elsewhere = scimClient(server, other.id, await mintScimToken(server, other.id));
    const none = await elsewhere('GET', `/Users?filter=${encodeURIComponent(`userName eq "${email}"`)}`);
    assert.equal(none.body.totalResults, 0);
    const again = await logInWith(server, idp, attacker, { sub: subject, email, email_verified: true });
    assert.equal(locationOf(again), `${server.url}/organizations/${attacker.slug}/`, 'the same identity logs in again');
  });

  it('[H-25] keeps its owner out of nothing: an invite, a password, and the provider that owns the domain', async () => {
    await squat(server, attacker, idp, email);
    const registered = await register(server, await inviteByMail(server, other, email));
    assert.equal(registered.status, 201, JSON.stringify(registered.body));
    assert.equal((await server.request('POST', '/api/0/auth/password-reset/', { body: { email } })).status, 202);
    await mailsTo(server, email, 'Reset your password');

    const colleague = `cto@${domain}`;
    await squat(server, attacker, idp, colleague);
    await putDomain(server, other.id, domain);
    const page = await logInWith(server, idp, other, { sub: 'the cto', email: colleague, email_verified: true });
    assert.equal(locationOf(page), `${server.url}/organizations/${other.slug}/`, page.text);
  });

  it('[H-25] gets no mail for the account, also if that belongs to an owner', async () => {
    const { memberId } = await squat(server, attacker, idp, email);
    const userId = await userIdOf(memberId);
    await giveUnproven(server, userId, email);
    const path = `/api/0/organizations/${attacker.slug}/members/${memberId}/`;
    const promoted = await server.request('PUT', path, { cookie: attacker.cookie, body: { orgRole: 'owner' } });
    assert.equal(promoted.status, 200, JSON.stringify(promoted.body));
    await awaitRefresh(server, userId);
    const [member] = (await storedRecords(server, attacker.id, 'member')).filter(({ id }) => id === memberId);
    assert.deepEqual([member.email, member.orgRole], [email, 'owner']);
    const hasNoneWaiting = () =>
      eventually(async () => {
        const waiting = await server.services.db.selectFrom('mail_outbox').select('id').where('recipient', '=', email).execute();
        assert.equal(waiting.length, 0);
      });
    await hasNoneWaiting();
    const before = readMails(server, email).length;
    const token = await server.request('POST', `/api/0/organizations/${attacker.slug}/org-auth-tokens/`, {
      cookie: attacker.cookie,
      body: { name: 'a token', scopes: ['org:read'] },
    });
    assert.equal(token.status, 201, JSON.stringify(token.body));
    await mailsTo(server, attacker.owner.email, `New organization token for ${await nameOf(attacker)}`);
    await hasNoneWaiting();
    assert.equal(readMails(server, email).length, before);
  });

  it('[H-25] yields to the person who registers by an invite that was mailed to it', async () => {
    const holder = await anUnprovenHolder();
    const registered = await register(server, await inviteByMail(server, other, email));
    assert.equal(registered.status, 201, JSON.stringify(registered.body));
    assert.equal(registered.body.email, email);
    await assertYielded(holder);
  });

  it('[H-25] yields to the person who joins by the link of an invite and a login', async () => {
    const holder = await anUnprovenHolder();
    const { member, token } = await inviteByMail(server, other, email);
    const browser = await browserOf(server, await aLoggedInMember(server, attacker));
    await server.request('POST', '/api/0/auth/logout/', { cookie: browser.cookieFor(server.url) });
    const headers = { Origin: server.url, 'Content-Type': 'application/x-www-form-urlencoded' };
    const form = new URLSearchParams({ invite: `${member}.${token}` }).toString();
    const started = await browser.request('POST', `${server.url}/auth/sso/${other.id}/start/?next=/done`, headers, form);
    assert.equal(started.status, 303);
    const authorize = new URL(locationOf(started)!);
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: idp.issuer(),
      aud: 'rollcall',
      nonce: authorize.searchParams.get('nonce')!,
      iat: now,
      exp: now + 300,
      sub: 'real',
      name: 'Real',
    };
    const query = new URLSearchParams({ code: idp.codeFor({ claims }), state: authorize.searchParams.get('state')!, iss: idp.issuer() });
    const done = await browser.follow(await browser.get(`${server.url}/auth/oidc/${other.id}/callback/?${query}`), `${server.url}/done`);
    assert.equal(locationOf(done), `${server.url}/done`, done.text);
    assert.equal((await selfOf(browser.cookieFor(server.url))).email, email);
    await assertYielded(holder);
  });

  it('[H-25] yields to a login at the provider of the organization that owns the domain, and to no other provider', async () => {
    const holder = await anUnprovenHolder();
    const claims = { sub: 'the ceo', email, email_verified: true, name: 'The CEO' };
    for (const [role, status] of [
      ['affiliated', 'verified'],
      ['owned', 'pending'],
    ] as const) {
      await putDomain(server, other.id, domain, { role, status });
      assert.equal((await logInWith(server, idp, other, claims)).status, 403, `${role} ${status}`);
      await server.services.db.deleteFrom('verified_domains').where('organization_id', '=', other.id).execute();
    }
    await putDomain(server, other.id, domain);
    assert.equal((await logInWith(server, idp, other, { ...claims, email_verified: false })).status, 403);
    assert.equal(locationOf(await logInWith(server, idp, other, claims)), `${server.url}/organizations/${other.slug}/`);
    await assertYielded(holder);
  });

  it('[H-25] yields to a user who confirms it as a second address, and makes it primary', async () => {
    const holder = await anUnprovenHolder();
    const person = await aLoggedInMember(server, other);
    const { cookie } = person;
    const added = await server.request('POST', '/api/0/auth/emails/', { cookie, body: { email } });
    assert.equal(added.status, 201, JSON.stringify(added.body));
    const [mail] = await mailsTo(server, email, 'Confirm your email address');
    const verified = await server.request('POST', '/api/0/auth/emails/verify/', { cookie, body: linkOf(mail!) });
    assert.equal(verified.status, 204, JSON.stringify(verified.body));
    await assertYielded(holder);
    const primary = await server.request('PUT', `/api/0/auth/emails/${added.body.id}/`, {
      cookie,
      body: { isPrimary: true, password: goodPassword },
    });
    assert.equal(primary.status, 200, JSON.stringify(primary.body));
    assert.equal((await selfOf(cookie)).email, email);
  });

  it('[H-25] yields to a user who had confirmed it before, once they make it primary', async () => {
    const person = await aLoggedInMember(server, other);
    const { id } = await server.services.db
      .insertInto('user_emails')
      .values({ user_id: person.userId, email, is_verified: true, verified_at: '2020-01-01T00:00:00Z' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const squatter = await squat(server, attacker, idp, `x-${email}`);
    const userId = await userIdOf(squatter.memberId);
    await giveUnproven(server, userId, email);
    const primary = await server.request('PUT', `/api/0/auth/emails/${id}/`, { cookie: person.cookie, body: { isPrimary: true } });
    assert.equal(primary.status, 200, JSON.stringify(primary.body));
    await assertYielded({ ...squatter, userId });
  });

  it('[H-25] yields to the operator who creates a user with it, or gives it to one', async () => {
    const holder = await anUnprovenHolder();
    const created = await server.operate('POST', '/users/', { email, name: 'The Real Person' });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    await assertYielded(holder);
    assert.equal((await server.operate('POST', '/users/', { email })).status, 409, 'the address is taken now');

    const second = await squat(server, attacker, idp, `cto@${domain}`);
    await giveUnproven(server, await userIdOf(second.memberId), `cto@${domain}`);
    const changed = await server.operate('PUT', `/users/${created.body.id}/`, { email: `CTO@${domain}` });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal(changed.body.email, `CTO@${domain}`);
  });

  it('[H-25] yields to no one once its user has proved it, or has a password', async () => {
    const holder = await anUnprovenHolder();
    const { db } = server.services;
    const invite = await inviteByMail(server, other, email);
    await db.updateTable('user_emails').set({ is_verified: true }).where('user_id', '=', holder.userId).execute();
    assert.equal((await register(server, invite)).status, 409);
    await db.updateTable('user_emails').set({ is_verified: false }).where('user_id', '=', holder.userId).execute();
    await db.updateTable('users').set({ password_hash: 'a hash' }).where('id', '=', holder.userId).execute();
    assert.equal((await register(server, invite)).status, 409);
    await db.updateTable('users').set({ password_hash: null }).where('id', '=', holder.userId).execute();
    assert.equal((await register(server, invite)).status, 201);
  });

  it('[H-25] stays that of a member whose organization comes to own the domain, and counts as verified then', async () => {
    await putDomain(server, attacker.id, domain, { role: 'affiliated' });
    const claims = { sub: 'the ceo', email, email_verified: true, name: 'The CEO' };
    await logInWith(server, idp, attacker, claims);
    const { db } = server.services;
    const { id } = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirstOrThrow();
    const [member] = (await storedRecords(server, attacker.id, 'member')).filter((one) => one.email === email);
    const unlinked = await server.request('DELETE', `/api/0/organizations/${attacker.slug}/members/${member.id}/sso-identity/`, {
      cookie: attacker.cookie,
    });
    assert.equal(unlinked.status, 204, JSON.stringify(unlinked.body));
    assert.equal((await logInWith(server, idp, attacker, claims)).status, 403);
    await db.updateTable('verified_domains').set({ role: 'owned' }).where('organization_id', '=', attacker.id).execute();
    assert.equal(locationOf(await logInWith(server, idp, attacker, claims)), `${server.url}/organizations/${attacker.slug}/`);
    const addresses = await db.selectFrom('user_emails').select(['user_id', 'is_verified']).where('email', '=', email).execute();
    assert.deepEqual(addresses, [{ user_id: id, is_verified: true }]);
  });

  it('[H-27] shows no organization the private address of a user before they agree to become a member', async () => {
    await putDomain(server, attacker.id, domain);
    const person = await aLoggedInMember(server, other);
    await server.services.db
      .insertInto('user_emails')
      .values({ user_id: person.userId, email, is_verified: true, verified_at: '2020-01-01T00:00:00Z' })
      .execute();
    const claims = { sub: 'the ceo', email, email_verified: true, name: 'The CEO' };
    const stateOf = async () => JSON.stringify((await server.operate('GET', `/organizations/${attacker.id}/state/`)).body);
    assert.equal((await logInWith(server, idp, attacker, claims)).status, 403);
    const scim = scimClient(server, attacker.id, await mintScimToken(server, attacker.id));
    assert.equal((await scim('POST', '/Users', { userName: email })).status, 201);
    assert.equal((await logInWith(server, idp, attacker, claims)).status, 403, 'with an invitation of the provider');
    const audit = await ownerCalls('audit-logs/');
    for (const text of [await stateOf(), JSON.stringify(audit.body)]) assert.ok(!text.includes(person.email), text);

    const browser = await browserOf(server, person);
    const question = await logInWith(server, idp, attacker, claims, { browser });
    assert.equal(formOf(question).button, 'Link account');
    assert.ok(question.text.includes(`to your account ${person.email}? You then become a member of`), question.text);
    assert.ok(!(await stateOf()).includes(person.email));
    assert.equal(locationOf(await browser.submit(question)), `${server.url}/organizations/${attacker.slug}/`);
    const [member] = (await storedRecords(server, attacker.id, 'member')).filter((one) => one.email === person.email);
    assert.deepEqual([member.pending, member.flags['sso:linked']], [false, true]);
    assert.equal(await logIn(server, person).then((cookie) => cookie.length > 0), true);
  });

  it('[H-25] belongs to the one who proves it, also if two accounts prove the address of each other at once', async () => {
    const { db, writePath } = server.services;
    const holders = await Promise.all(
      ['one', 'other'].map(async (name) => {
        const person = await aPerson(server);
        const address = `${name}-${nextNumber()}@${domain}`;
        await giveUnproven(server, person.userId, address);
        await db.updateTable('users').set({ password_hash: null }).where('id', '=', person.userId).execute();
        return { userId: person.userId, address };
      }),
    );
    let locked = 0;
    await Promise.all(
      holders.map(({ userId }, at) =>
        inUserTransaction(writePath, { userId, credential: null }, async (tx) => {
          locked++;
          await eventually(() => assert.ok(locked >= 2, 'only one transaction has begun'));
          await yieldAddress(tx, holders[1 - at]!.address, userId);
          return { result: undefined };
        }),
      ),
    );
    for (const { userId } of holders) {
      const user = await db.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
      assert.match(user.email, placeholder);
    }
  });
});
