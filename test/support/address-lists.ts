import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { hashToken } from '../../server/src/runtime/hash-token.ts';
import { anAccount, logIn, personOf } from './log-in.ts';
import { addMember, nextNumber, type ProvisionedOrg } from './provision.ts';
import type { Api, TestResponse, TestServer } from './server.ts';
import { WireReplica } from './wire-replica.ts';

/** Callers of an organization from several addresses. The servers trust the tests as a proxy. */
export const trustTests = { TRUSTED_PROXIES: '127.0.0.1' } as const;

export const inside = '203.0.113.9';
export const outside = '198.51.100.7';

/** The header in which a trusted proxy reports the address of its client. */
export const from = (address: string) => ({ 'X-Forwarded-For': address });

export interface OrgWithOwner extends ProvisionedOrg {
  /** A session of the owner with a recent login. */
  readonly cookie: string;
}

/** An organization whose owner can log in. */
export async function anOrgWithOwner(server: Api): Promise<OrgWithOwner> {
  const account = await anAccount(server);
  const owner = personOf(account);
  const cookie = await logIn(server, account);
  const made = await server.operate('POST', '/organizations/', { name: `Listed ${nextNumber()}`, ownerId: owner.userId });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return { id: made.body.id, slug: made.body.slug, owner, cookie };
}

/** Makes another account an owner, and returns its session. */
export async function anotherOwner(server: Api, org: ProvisionedOrg): Promise<string> {
  const account = await anAccount(server);
  await addMember(server, org, personOf(account), 'owner');
  return logIn(server, account);
}

export interface ListCall {
  readonly cookie: string;
  readonly address?: string;
  readonly ifMatch?: string;
}

type GivenRule = string | { readonly cidr: string; readonly description?: string; readonly expiresAt?: string | null };

export interface GivenList {
  readonly isEnabled?: boolean;
  readonly rules?: readonly GivenRule[];
}

export const bodyOf = ({ rules, ...body }: GivenList) => ({
  ...body,
  ...(rules && { rules: rules.map((rule) => (typeof rule === 'string' ? { cidr: rule } : rule)) }),
});

const listPath = (slug: string) => `/api/0/organizations/${slug}/ip-allow-list/`;

export function putList(
  server: Api,
  org: ProvisionedOrg,
  list: GivenList,
  { cookie, address = inside, ifMatch }: ListCall,
): Promise<TestResponse> {
  const headers = { ...from(address), ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }) };
  return server.request('PUT', listPath(org.slug), { cookie, headers, body: bodyOf(list) });
}

export function previewList(
  server: Api,
  org: ProvisionedOrg,
  list: GivenList,
  { cookie, address = inside }: ListCall,
): Promise<TestResponse> {
  return server.request('POST', `${listPath(org.slug)}preview/`, { cookie, headers: from(address), body: bodyOf(list) });
}

export function readList(server: Api, org: ProvisionedOrg, { cookie, address = inside }: ListCall): Promise<TestResponse> {
  return server.request('GET', listPath(org.slug), { cookie, headers: from(address) });
}

/** A connection of a session from an address. */
export function connectFrom(server: Pick<TestServer, 'url'>, cookie: string, address: string): Promise<WireReplica> {
  return WireReplica.connect(server.url, { cookie, headers: from(address) });
}

/** A complete replica of a session from an address. */
export function openFrom(server: Pick<TestServer, 'url'>, cookie: string, address: string, org: ProvisionedOrg): Promise<WireReplica> {
  return WireReplica.open(server.url, { cookie, headers: from(address) }, org.slug);
}

/** Makes the login of a session three hours old. */
export async function ageLogin({ services: { db, sessionCookie } }: TestServer, cookie: string): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ authenticated_at: sql`authenticated_at - interval '3 hours'` })
    .where('token_hash', '=', hashToken(sessionCookie.read(cookie)!))
    .execute();
}
