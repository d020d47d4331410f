import { sql } from 'kysely';
import type { OrgRoleId } from '../../protocol/src/index.ts';
import { hashToken } from '../../server/src/runtime/secrets/hash-token.ts';
import { anAccount, logIn, personOf } from './log-in.ts';
import { PageClient } from './page-client.ts';
import { addMember, anOrganizationOf, type Person, type ProvisionedOrg } from './provision.ts';
import type { Api, TestServer } from './server.ts';

/** People whose sessions began with a recent login by password. */

export interface LoggedIn extends Person {
  readonly cookie: string;
}

export async function aLoggedInMember(server: Api, org: ProvisionedOrg, orgRole: OrgRoleId = 'member'): Promise<LoggedIn> {
  const person = personOf(await anAccount(server));
  await addMember(server, org, person, orgRole);
  return { ...person, cookie: await logIn(server, person) };
}

export interface OrgWithOwner extends ProvisionedOrg {
  /** A session of the owner. */
  readonly cookie: string;
}

export async function anOrgWithOwner(server: Api): Promise<OrgWithOwner> {
  const owner = personOf(await anAccount(server));
  const cookie = await logIn(server, owner);
  return { ...(await anOrganizationOf(server, owner, { cookie })), cookie };
}

/** A browser with a session of the account, at the server or at the URL of a proxy. */
export async function browserOf(server: TestServer, account: { readonly email: string }, url = server.url): Promise<PageClient> {
  const browser = new PageClient();
  browser.setCookie(url, await logIn(server, account));
  return browser;
}

/** Makes the login of a session three hours old. */
export async function ageLogin({ services: { db, sessionCookie } }: TestServer, cookie: string): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ authenticated_at: sql`authenticated_at - interval '3 hours'` })
    .where('token_hash', '=', hashToken(sessionCookie.read(cookie)!))
    .execute();
}
