import assert from 'node:assert/strict';
import { requestPasswordReset } from '../../../server/src/write-path/users/passwords/request-password-reset.ts';
import { putDomain } from '../../support/domains.ts';
import { ForgingIdp } from '../../support/forging-idp.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { linkOf, mailsTo } from '../../support/mailbox.ts';
import { formOf, locationOf, PageClient } from '../../support/page-client.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber } from '../../support/provision.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { addOidcProvider, logInWith } from '../../support/single-sign-on.ts';
import { storedRecords } from '../../support/stored-records.ts';

const password = 'a new password of a person';

describe('the password of a member whom single sign-on created for an affiliated domain', () => {
  let idp: ForgingIdp;
  let server: TestServer;
  let org: OrgWithOwner;
  let domain: string;
  let email: string;
  let claims: { readonly sub: string };
  let userId: string;

  before(async () => {
    idp = await ForgingIdp.start();
    server = await startServerWith(idp, { OUTBOUND_ALLOWED: '127.0.0.1' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    domain = `company-${nextNumber()}.example`;
    email = `amara@${domain}`;
    await addOidcProvider(server, org.id, { issuer: idp.issuer(), record: { jit: 'domains' } });
    await putDomain(server, org.id, domain, { role: 'affiliated' });
    claims = { sub: `subject-${nextNumber()}`, ...{ email, email_verified: true, name: 'Amara' } };
    assert.match(locationOf(await logInWith(server, idp, org, claims))!, /\/organizations\//);
    ({ id: userId } = await server.services.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirstOrThrow());
  });

  const addresses = () =>
    server.services.db.selectFrom('user_emails').select(['user_id', 'is_verified']).where('email', '=', email).orderBy('id').execute();
  /** The number of links for a new password that a request has made. */
  async function linksAfterRequest(): Promise<number> {
    const { db, writePath } = server.services;
    await requestPasswordReset(writePath, email.toUpperCase());
    const links = await db.deleteFrom('email_tokens').where('purpose', '=', 'password-reset').returning('user_id').execute();
    return links.length;
  }
  const confirm = (link: { id: string; token: string }) =>
    server.request('POST', '/api/0/auth/password-reset/confirm/', { body: { ...link, password } });
  async function linkByMail() {
    assert.equal((await server.request('POST', '/api/0/auth/password-reset/', { body: { email } })).status, 202);
    const [mail] = await mailsTo(server, email, 'Reset your password');
    return linkOf(mail!);
  }

  it('[13.9] comes from a link in a mail, also once the identity is unlinked, and lets the member link again', async () => {
    const member = (await storedRecords(server, org.id, 'member')).find((one) => one.email === email);
    const path = `/api/0/organizations/${org.slug}/members/${member.id}/sso-identity/`;
    assert.equal((await server.request('DELETE', path, { cookie: org.cookie })).status, 204);
    assert.equal((await confirm(await linkByMail())).status, 204);
    assert.deepEqual(await addresses(), [{ user_id: userId, is_verified: true }]);

    const logged = await server.request('POST', '/api/0/auth/login/', { body: { username: email, password } });
    assert.equal(logged.status, 200, JSON.stringify(logged.body));
    const browser = new PageClient();
    for (const cookie of logged.headers.getSetCookie()) browser.setCookie(server.url, cookie);
    const question = await logInWith(server, idp, org, claims, { browser });
    assert.equal(formOf(question).button, 'Link account');
  });

  it('[13.9] comes from such a link once the provider was removed', async () => {
    await server.services.db.deleteFrom('auth_providers').where('organization_id', '=', org.id).execute();
    assert.equal((await confirm(await linkByMail())).status, 204);
  });

  it('[S-41] needs an organization that has verified the domain now, and no organization that has not', async () => {
    const { db } = server.services;
    assert.equal(await linksAfterRequest(), 1);
    for (const status of ['lapsed', 'pending'] as const) {
      await db.updateTable('verified_domains').set({ status }).where('organization_id', '=', org.id).execute();
      assert.equal(await linksAfterRequest(), 0, status);
    }
    const stranger = await anOrganizationOf(server, await aPerson(server));
    await putDomain(server, stranger.id, domain, { role: 'affiliated' });
    assert.equal(await linksAfterRequest(), 0, 'an organization that the user does not belong to');
    await db.updateTable('verified_domains').set({ status: 'verified' }).where('organization_id', '=', org.id).execute();
    assert.equal(await linksAfterRequest(), 1);

    const other = await anOrganizationOf(server, await aPerson(server));
    await addMember(server, other, { userId, email } as Parameters<typeof addMember>[2], 'member');
    assert.equal(await linksAfterRequest(), 0, 'a member of an organization without the domain');
    await putDomain(server, other.id, domain, { role: 'affiliated' });
    assert.equal(await linksAfterRequest(), 1);
    await db.updateTable('organizations').set({ status: 'pending_deletion' }).where('id', '=', other.id).execute();
    assert.equal(await linksAfterRequest(), 0, 'a member of a removed organization');
    await db.deleteFrom('members').where('user_id', '=', userId).execute();
    assert.equal(await linksAfterRequest(), 0, 'a member of no organization');
  });

  it('[H-13] belongs to no other account: not for a secondary address, one with a password, or one that is verified elsewhere', async () => {
    const { db } = server.services;
    await db
      .updateTable('users')
      .set({ email: `else@${domain}` })
      .where('id', '=', userId)
      .execute();
    assert.equal(await linksAfterRequest(), 0, 'a secondary address');
    await db.updateTable('users').set({ email, password_hash: 'a hash' }).where('id', '=', userId).execute();
    assert.equal(await linksAfterRequest(), 0, 'a user with a password');
    await db.updateTable('users').set({ password_hash: null, is_active: false }).where('id', '=', userId).execute();
    assert.equal(await linksAfterRequest(), 0, 'a disabled user');
    await db.updateTable('users').set({ is_active: true }).where('id', '=', userId).execute();
    assert.equal(await linksAfterRequest(), 1);
    const stranger = await aPerson(server);
    const verified = { user_id: stranger.userId, email, is_verified: true, verified_at: new Date().toISOString() };
    await db.insertInto('user_emails').values(verified).execute();
    assert.equal(await linksAfterRequest(), 0, 'an address that another user has just verified');
  });

  it('[S-58] does not change by a link that was sent before the domain lapsed', async () => {
    const link = await linkByMail();
    await server.services.db.updateTable('verified_domains').set({ status: 'lapsed' }).where('organization_id', '=', org.id).execute();
    assert.equal((await confirm(link)).status, 400);
    assert.deepEqual(await addresses(), [{ user_id: userId, is_verified: false }]);
    const user = await server.services.db.selectFrom('users').select('password_hash').where('id', '=', userId).executeTakeFirstOrThrow();
    assert.equal(user.password_hash, null);
  });
});
