import assert from 'node:assert/strict';
import { enqueueJobs } from '../../server/src/jobs/enqueue-job.ts';
import { refreshMembersJob } from '../../server/src/write-path/users/members/refresh-members.ts';
import { eventually } from './eventually.ts';
import type { ForgingIdp } from './forging-idp.ts';
import type { OrgWithOwner } from './logged-in.ts';
import { readMails } from './mailbox.ts';
import { locationOf, type Page, PageClient } from './page-client.ts';
import { nextNumber, type ProvisionedOrg } from './provision.ts';
import { mintScimToken, scimClient } from './scim.ts';
import type { TestServer } from './server.ts';
import { addOidcProvider, claimsFor, comeBack } from './single-sign-on.ts';

/** Accounts that a customer's identity provider creates with the addresses of strangers. */

export interface InviteToken {
  readonly member: string;
  readonly token: string;
}

/** Invites an address, and returns the link that its mailbox receives. */
export async function inviteByMail(server: TestServer, org: ProvisionedOrg | OrgWithOwner, email: string): Promise<InviteToken> {
  const path = `/api/0/organizations/${org.slug}/members/`;
  const credential = 'cookie' in org ? { cookie: org.cookie } : { token: org.owner.token };
  const invited = await server.request('POST', path, { ...credential, body: { email } });
  assert.equal(invited.status, 201, JSON.stringify(invited.body));
  return linkInMail(server, email, invited.body.id);
}

async function linkInMail(server: TestServer, email: string, memberId: string): Promise<InviteToken> {
  let found: InviteToken | undefined;
  await eventually(() => {
    const links = readMails(server, email).map(({ text }) => /\/accept\/#(\d+)\.([0-9a-f]+)/.exec(text));
    const link = links.find((one) => one?.[1] === memberId);
    if (!link) throw new Error(`no link of invite ${memberId} in the mails to ${email}`);
    found = { member: memberId, token: link[2]! };
  });
  return found!;
}

/** Adds a provider that creates members with addresses of the organization's domains. */
export const addProvider = (server: TestServer, org: ProvisionedOrg, idp: ForgingIdp) =>
  addOidcProvider(server, org.id, { issuer: idp.issuer(), record: { jit: 'domains', scimEnabled: true } });

/** Registers the account of an invite. */
export function register(server: TestServer, invite: InviteToken, name = 'The Real Person') {
  return server.request('POST', '/api/0/auth/register/', { body: { ...invite, name, password: 'correct horse battery staple' } });
}

/**
 * A login at the provider that begins on the page of an invite, in a new browser. It leads to
 * `/done`.
 */
export async function enterByInvite(
  server: TestServer,
  org: ProvisionedOrg,
  idp: ForgingIdp,
  { member, token }: InviteToken,
  identity: Readonly<Record<string, unknown>>,
): Promise<{ readonly browser: PageClient; readonly page: Page }> {
  const browser = new PageClient();
  const headers = { Origin: server.url, 'Content-Type': 'application/x-www-form-urlencoded' };
  const form = new URLSearchParams({ invite: `${member}.${token}` }).toString();
  const started = await browser.request('POST', `${server.url}/auth/sso/${org.id}/start/?next=/done`, headers, form);
  const begun = { browser, orgId: org.id, authorize: new URL(locationOf(started)!) };
  const claims = claimsFor(begun, idp.issuer(), identity);
  const returned = await comeBack(server, begun, { code: idp.codeFor({ claims }), issuer: idp.issuer() });
  return { browser, page: await browser.follow(returned, `${server.url}/done`) };
}

export interface Squatter {
  readonly browser: PageClient;
  readonly memberId: string;
  readonly subject: string;
}

/**
 * The provider of the organization creates a user with the address of a stranger over SCIM. A
 * person accepts that invite by a login that began on the page of an invite to another mailbox.
 */
export async function squat(server: TestServer, org: ProvisionedOrg, idp: ForgingIdp, email: string): Promise<Squatter> {
  const scim = scimClient(server, org.id, await mintScimToken(server, org.id));
  const provisioned = await scim('POST', '/Users', { userName: email });
  assert.equal(provisioned.status, 201, JSON.stringify(provisioned.body));
  const { member, token } = await inviteByMail(server, org, `mallory-${nextNumber()}@example.com`);
  const subject = `squatter-${nextNumber()}`;
  const identity = { sub: subject, email, email_verified: true, name: 'Mallory' };
  const { browser, page: entered } = await enterByInvite(server, org, idp, { member, token }, identity);
  assert.equal(locationOf(entered), `${server.url}/done`, entered.text);
  return { browser, memberId: provisioned.body.id, subject };
}

/**
 * Gives the user an unverified primary address, as servers before the placeholders did, and as
 * logins for an affiliated domain do.
 */
export async function giveUnproven(server: TestServer, userId: string, email: string): Promise<void> {
  const { db } = server.services;
  await db.deleteFrom('user_emails').where('user_id', '=', userId).execute();
  await db.updateTable('users').set({ email }).where('id', '=', userId).execute();
  await db.insertInto('user_emails').values({ user_id: userId, email, is_verified: false }).execute();
  await db.transaction().execute((tx) => enqueueJobs(tx, [refreshMembersJob(userId)]));
  await awaitRefresh(server, userId);
}

/** Waits until the member records of a user have its current name and address. */
export async function awaitRefresh({ services: { db } }: TestServer, userId: string): Promise<void> {
  await eventually(async () => {
    const isOpen = db.selectFrom('jobs').select('id').where('kind', '=', 'refresh-members').where('subject', '=', userId);
    assert.equal(await isOpen.where('finished_at', 'is', null).executeTakeFirst(), undefined);
  });
}
