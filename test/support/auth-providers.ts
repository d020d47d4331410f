import assert from 'node:assert/strict';
import { setUpSecondFactor } from './log-in.ts';
import type { OrgWithOwner } from './logged-in.ts';
import { bindSession, changeAuthProvider, changeRecords, linkIdentity } from './security-records.ts';
import type { Api, RequestOptions, TestResponse, TestServer } from './server.ts';

/** Identity providers that are configured over REST. */

/** A certificate with a key of P-256, valid until November 2036. */
export const idpCertificate = {
  base64:
    'MIIBiTCCAS+gAwIBAgIUDbs9AZeRRwRpq/O+tuq/VcflydkwCgYIKoZIzj0EAwIwGjEYMBYGA1UEAwwPaWRwLmV4YW1wbGUuY29tMB4XDTI2MTEyNzA4NTY1NloXDTM2MTEyNDA4NTY1NlowGjEYMBYGA1UEAwwPaWRwLmV4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgxNwR/oiWx3lAcJMQNbaLfOV784BsSIB5btTg78I+ScS6hzqPM/rMQAjreXFbVezGO2VmoRvj8tQ3UoUaCkwW6NTMFEwHQYDVR0OBBYEFIjXgHNwJZSLwHtE+N6Df/fTWpMhMB8GA1UdIwQYMBaAFIjXgHNwJZSLwHtE+N6Df/fTWpMhMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAMDt1grQGQwO0diYmhXbVhr3T468aqMWffqqppNaYqn7AiAYFnaHkHw9Y2g6oVnCuySTXbtr/C7AvfJ3kCW6IZlBdg==',
  fingerprint: 'CA:36:C6:38:FE:E2:EB:8C:E6:E3:49:28:F4:BE:9D:C3:26:C4:86:B9:93:EA:34:64:42:A7:A8:62:4A:EF:C9:05',
  notAfter: '2036-11-24T08:56:56.000000Z',
} as const;

export const oidcConfig = { issuer: 'https://idp.example.com', client_id: 'rollcall', client_secret: 'a-client-secret' } as const;

export const samlConfig = {
  entity_id: 'https://idp.example.com/metadata',
  sso_url: 'https://idp.example.com/sso',
  x509certs: [idpCertificate.base64],
} as const;

export interface GivenProvider {
  /** Defaults to `oidc`. */
  readonly key?: string;
  readonly config?: object;
  /** Further fields of a PUT. */
  readonly changes?: object;
  /** Defaults to true, as if a test had succeeded. */
  readonly isActive?: boolean;
}

export const providerPath = ({ slug }: { readonly slug: string }) => `/api/0/organizations/${slug}/auth-provider/`;

/** Adds an identity provider to the organization, and returns it as its owner sees it. */
export async function configureProvider(
  server: TestServer,
  org: OrgWithOwner,
  { key = 'oidc', config = oidcConfig, changes = {}, isActive = true }: GivenProvider = {},
): Promise<TestResponse['body']> {
  const options: RequestOptions = { cookie: org.cookie };
  const made = await server.request('POST', providerPath(org), { ...options, body: { key, config } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  if (isActive) await markTested(server, org.id);
  const fields = { ...changes, ...(isActive && { active: true }) };
  if (Object.keys(fields).length === 0) return made.body;
  return putProvider(server, org, fields);
}

export async function putProvider(server: Api, org: OrgWithOwner, body: object): Promise<TestResponse['body']> {
  const put = await server.request('PUT', providerPath(org), { cookie: org.cookie, body });
  assert.equal(put.status, 200, JSON.stringify(put.body));
  return put.body;
}

/** Stores the state as if a test of the current configuration had succeeded. */
export async function markTested(server: TestServer, orgId: string): Promise<void> {
  await changeRecords(server, orgId, (state) => changeAuthProvider(state, { lastTestedAt: '2026-03-01T12:00:00.123456Z' }));
}

/** Makes the owner a recovery candidate, with a session that logged in at the provider. */
export async function readyToEnforce(server: TestServer, org: OrgWithOwner): Promise<void> {
  await setUpSecondFactor(server, org.cookie);
  await bindSession(server, org.cookie, await linkIdentity(server, org.id, org.owner));
}

/** Requires single sign-on by the command, with the owner as the recovery owner. */
export function enforceSso(server: Api, org: OrgWithOwner): Promise<TestResponse> {
  const body = { require_link: true, recovery_members: [org.owner.memberId] };
  return server.request('PUT', providerPath(org), { cookie: org.cookie, body });
}
