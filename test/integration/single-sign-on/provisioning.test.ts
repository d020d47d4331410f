import assert from 'node:assert/strict';
import { putDomain } from '../../support/domains.ts';
import { ForgingIdp } from '../../support/forging-idp.ts';
import { locationOf, type Page, PageClient } from '../../support/page-client.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../../support/provision.ts';
import { changeAuthProvider, changeFlags, changeMember, changeRecords } from '../../support/security-records.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { addOidcProvider, logInWith } from '../../support/single-sign-on.ts';

describe('the creation of members by single sign-on', () => {
  let idp: ForgingIdp;
  let server: TestServer;
  let org: ProvisionedOrg;
  let domain: string;

  before(async () => {
    idp = await ForgingIdp.start();
    server = await startServerWith(idp, { OUTBOUND_ALLOWED: '127.0.0.1' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrganizationOf(server, await aPerson(server));
    domain = `company-${nextNumber()}.example`;
    await addOidcProvider(server, org.id, { issuer: idp.issuer(), record: { jit: 'domains', defaultRole: 'manager' } });
  });

  const claimsOf = (email: string) => ({ sub: `subject-${nextNumber()}`, email, email_verified: true, name: 'New Person' });
  const logIn = (email: string, browser = new PageClient()) => logInWith(server, idp, org, claimsOf(email), { browser });
  const home = () => `${server.url}/organizations/${org.slug}/`;
  const recordsOf = async (orgId = org.id) => (await server.operate('GET', `/organizations/${orgId}/state/`)).body;
  const memberOf = async (email: string) => {
    const { records } = await recordsOf();
    const found = records.filter(
      ({ kind, record }: { kind: string; record: { email?: string } }) => kind === 'member' && record.email === email,
    );
    assert.equal(found.length, 1, `${found.length} members have the address ${email}`);
    return found[0].record;
  };
  const userWith = (email: string) => server.services.db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();

  async function assertRefused(page: Page, email: string): Promise<void> {
    assert.equal(page.status, 403, page.text);
    assert.equal(await userWith(email), undefined, 'a user was created');
  }

  async function invite(email: string, body: object): Promise<string> {
    const path = `/api/0/organizations/${org.slug}/members/`;
    const invited = await server.request('POST', path, { token: org.owner.token, body: { email, ...body } });
    assert.equal(invited.status, 201, JSON.stringify(invited.body));
    return invited.body.id;
  }

  for (const role of ['affiliated', 'owned'] as const) {
    it(`[13.7] gives the provider’s role and no password, and a verified address only by an owned domain: ${role}`, async () => {
      await putDomain(server, org.id, domain, { role });
      const email = `amara@${domain}`;
      const before = (await recordsOf()).revision;
      const browser = new PageClient();
      assert.equal(locationOf(await logIn(email, browser)), home());
      const { records, revision } = await recordsOf();
      assert.equal(revision, before + 1);
      const member = await memberOf(email);
      assert.deepEqual([member.orgRole, member.pending, member.name], ['manager', false, 'New Person']);
      assert.deepEqual([member.flags['sso:linked'], member.flags['idp:provisioned']], [true, false]);
      const user = (await userWith(email))!;
      assert.equal(user.password_hash, null);
      const { db } = server.services;
      const addresses = await db.selectFrom('user_emails').select(['email', 'is_verified']).where('user_id', '=', user.id).execute();
      assert.deepEqual(addresses, [{ email, is_verified: role === 'owned' }]);
      const entries = records
        .filter(({ kind }: { kind: string }) => kind === 'audit-entry')
        .map(({ record }: { record: object }) => record);
      const { event, note } = entries.at(-1);
      assert.deepEqual([event, note], ['member.add', `added member ${email}`]);
      const own = await server.request('GET', `/api/0/organizations/${org.slug}/`, { cookie: browser.cookieFor(server.url) });
      assert.equal(own.status, 200);
    });
  }

  it('[13.7] gives the role and the teams of an approved invitation for the address', async () => {
    await putDomain(server, org.id, domain, { role: 'affiliated' });
    const email = `invited@${domain}`;
    const slug = `team-${nextNumber()}`;
    await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: org.owner.token, body: { slug } });
    const id = await invite(email, { orgRole: 'admin', teamRoles: [{ teamSlug: slug, role: null }] });
    assert.equal(locationOf(await logIn(email)), home());
    const member = await memberOf(email);
    assert.deepEqual([member.id, member.orgRole, member.pending, member.flags['sso:linked']], [id, 'admin', false, true]);
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/members/${id}/`, { token: org.owner.token });
    assert.deepEqual(body.teams, [slug]);
  });

  it('[13.7] replaces an invitation that is not approved or has expired', async () => {
    await putDomain(server, org.id, domain, { role: 'affiliated' });
    for (const fields of [{ inviteStatus: 'requested_to_be_invited' }, { inviteExpiresAt: '2020-01-01T00:00:00.000000Z' }] as const) {
      const email = `replaced-${nextNumber()}@${domain}`;
      const id = await invite(email, { orgRole: 'admin' });
      await changeRecords(server, org.id, (state) => changeMember(state, id, fields));
      assert.equal(locationOf(await logIn(email)), home(), JSON.stringify(fields));
      const member = await memberOf(email);
      assert.notEqual(member.id, id);
      assert.deepEqual([member.orgRole, member.pending], ['manager', false]);
    }
  });

  it('[12.1] accepts an expired invitation of the provider, which knows the member by its id', async () => {
    await putDomain(server, org.id, domain, { role: 'affiliated' });
    const email = `provisioned@${domain}`;
    const id = await invite(email, { orgRole: 'admin' });
    await changeRecords(server, org.id, (state) => changeFlags(state, id, { 'idp:provisioned': true }));
    await changeRecords(server, org.id, (state) => changeMember(state, id, { inviteExpiresAt: '2020-01-01T00:00:00.000000Z' }));
    assert.equal(locationOf(await logIn(email)), home());
    const member = await memberOf(email);
    assert.deepEqual([member.id, member.orgRole, member.pending], [id, 'admin', false]);
    assert.deepEqual([member.flags['sso:linked'], member.flags['idp:provisioned']], [true, true]);
  });

  it('[S-41] refuses a domain that another organization has verified, or that is pending or lapsed', async () => {
    const owner = await anOrganizationOf(server, await aPerson(server));
    const email = `amara@${domain}`;
    for (const role of ['owned', 'affiliated'] as const) {
      await putDomain(server, owner.id, domain, { role });
      await assertRefused(await logIn(email), email);
      await server.services.db.deleteFrom('verified_domains').where('domain', '=', domain).execute();
    }
    await putDomain(server, owner.id, domain);
    await putDomain(server, org.id, domain, { status: 'pending' });
    await assertRefused(await logIn(email), email);
    await server.services.db.updateTable('verified_domains').set({ status: 'lapsed' }).where('organization_id', '=', org.id).execute();
    await assertRefused(await logIn(email), email);
    const members = (await recordsOf(owner.id)).records.filter(({ kind }: { kind: string }) => kind === 'member');
    assert.equal(members.length, 1, 'only its owner is a member of the other organization');
  });

  it('[S-41] [S-58] refuses look-alikes and subdomains of the domain, and texts that are not addresses', async () => {
    await putDomain(server, org.id, domain);
    const lookAlike = domain.replace('company', 'c\u043empany');
    const addresses = [
      `a@${lookAlike}`,
      `a@sub.${domain}`,
      `a@evil.example@${domain}`,
      `"a@evil.example"@${domain}`,
      `a b@${domain}`,
      `@${domain}`,
      domain,
    ];
    for (const email of addresses) await assertRefused(await logIn(email), email);
    assert.equal(locationOf(await logIn(`a@${domain.toUpperCase()}`)), home());
  });

  it('[13.7] creates one member and one user if a person logs in three times at once', async () => {
    await putDomain(server, org.id, domain);
    const email = `twice@${domain}`;
    const claims = claimsOf(email);
    const pages = await Promise.all([1, 2, 3].map(() => logInWith(server, idp, org, claims)));
    assert.deepEqual(
      pages.map(locationOf),
      [1, 2, 3].map(() => home()),
    );
    await memberOf(email);
  });

  it('[13.7] refuses everyone while the provider’s jit is off', async () => {
    await putDomain(server, org.id, domain);
    await changeRecords(server, org.id, (state) => changeAuthProvider(state, { jit: 'off' }));
    const email = `amara@${domain}`;
    await assertRefused(await logIn(email), email);
  });
});
