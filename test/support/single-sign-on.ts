import assert from 'node:assert/strict';
import type { AuthProviderRecord, OidcConfig } from '../../protocol/src/index.ts';
import { saveOrgSecret } from '../../server/src/database/organizations/org-secrets.ts';
import { providerSecrets, saveProviderConfig, secretOwnerOf } from '../../server/src/database/security/auth-provider-configs.ts';
import { created } from '../../server/src/domain/changes.ts';
import { anAuthProvider } from './builders.ts';
import type { ForgingIdp, Grant } from './forging-idp.ts';
import { locationOf, type Page, PageClient } from './page-client.ts';
import { nextNumber, type ProvisionedOrg } from './provision.ts';
import { changeOrganization, changeRecords } from './security-records.ts';
import type { TestServer } from './server.ts';

/** Logins by single sign-on at a provider that is configured directly as rows. */

export interface OidcSetUp {
  readonly issuer: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly config?: Partial<OidcConfig>;
  readonly record?: Partial<AuthProviderRecord>;
}

/** Adds an active OpenID Connect provider named `Test IdP`, and returns its id. */
export async function addOidcProvider(
  server: TestServer,
  orgId: string,
  { issuer, clientId = 'rollcall', clientSecret = 'a client secret of 32 characters', config, record }: OidcSetUp,
): Promise<string> {
  const provider = anAuthProvider({
    id: String(9_000_000 + nextNumber()),
    key: 'oidc',
    name: 'Test IdP',
    protocol: 'oidc',
    issuer,
    ...record,
  });
  await changeRecords(server, orgId, (state) => [
    created('auth-provider', provider),
    ...changeOrganization(state, { hasAuthProvider: provider.status === 'active' }),
  ]);
  const full: OidcConfig = {
    protocol: 'oidc',
    issuer,
    client_id: clientId,
    scopes: 'openid email profile',
    auth_method: 'client_secret_post',
    domains: [],
    ...config,
  };
  await server.services.db.transaction().execute(async (tx) => {
    await saveProviderConfig(tx, { orgId, providerId: provider.id, config: full, spCertificate: null });
    await saveOrgSecret(tx, server.config.secret, secretOwnerOf(orgId, provider.id), providerSecrets.clientSecret, clientSecret);
  });
  return provider.id;
}

/** A login that a browser has begun at the provider. */
export interface Begun {
  readonly browser: PageClient;
  readonly orgId: string;
  /** The request that the provider received. */
  readonly authorize: URL;
}

/** Opens the login page of the organization and presses its button. */
export async function begin(server: TestServer, { slug, id }: ProvisionedOrg, browser = new PageClient(), next?: string): Promise<Begun> {
  const query = next === undefined ? '' : `?next=${next}`;
  const page = await browser.get(`${server.url}/auth/login/${slug}/${query}`);
  assert.equal(page.status, 200);
  const redirect = await browser.submit(page);
  assert.equal(redirect.status, 303, redirect.text);
  return { browser, orgId: id, authorize: new URL(locationOf(redirect)!) };
}

/** The claims of a good ID token for the login. */
export function claimsFor({ authorize }: Begun, issuer: string, claims: Readonly<Record<string, unknown>>): Grant['claims'] {
  const now = Math.floor(Date.now() / 1_000);
  return {
    iss: issuer,
    aud: authorize.searchParams.get('client_id')!,
    nonce: authorize.searchParams.get('nonce')!,
    iat: now,
    exp: now + 300,
    ...claims,
  };
}

export interface Returning {
  readonly code: string;
  readonly issuer: string | null;
  readonly state?: string;
  readonly orgId?: string;
  readonly browser?: PageClient;
}

/** The browser comes back from the provider. */
export function comeBack(server: TestServer, begun: Begun, { code, issuer, state, orgId, browser }: Returning): Promise<Page> {
  const query = new URLSearchParams({ code, state: state ?? begun.authorize.searchParams.get('state')! });
  if (issuer !== null) query.set('iss', issuer);
  return (browser ?? begun.browser).get(`${server.url}/auth/oidc/${orgId ?? begun.orgId}/callback/?${query}`);
}

/**
 * The whole login of a person with these claims. Returns the last page, or the redirect into the
 * console.
 */
export async function logInWith(
  server: TestServer,
  idp: ForgingIdp,
  org: ProvisionedOrg,
  claims: Readonly<Record<string, unknown>>,
  { browser = new PageClient(), issuer = idp.issuer() }: { readonly browser?: PageClient; readonly issuer?: string } = {},
): Promise<Page> {
  const begun = await begin(server, org, browser);
  const code = idp.codeFor({ claims: claimsFor(begun, issuer, claims) });
  const returned = await comeBack(server, begun, { code, issuer });
  return browser.follow(returned, `${server.url}/organizations/`);
}
