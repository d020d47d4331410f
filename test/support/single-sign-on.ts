import assert from 'node:assert/strict';
import type { AuthProviderRecord, OidcConfig, ProviderConfig } from '../../protocol/src/index.ts';
import { saveOrgSecret } from '../../server/src/database/organizations/org-secrets.ts';
import {
  providerSecrets,
  saveProviderConfig,
  secretOwnerOf,
} from '../../server/src/features/single-sign-on/database/auth-provider-configs.ts';
import { KeyRing } from '../../server/src/runtime/secrets/key-ring.ts';
import { anOidcConfig } from './builders.ts';
import type { ForgingIdp, Grant } from './forging-idp.ts';
import { locationOf, type Page, PageClient } from './page-client.ts';
import type { ProvisionedOrg } from './provision.ts';
import { addAuthProvider } from './security-records.ts';
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
  const full = anOidcConfig({ issuer, client_id: clientId, scopes: 'openid email profile', ...config });
  return addConfiguredProvider(
    server,
    orgId,
    { key: 'oidc', issuer, ...record },
    { config: full, spCertificate: null, secret: [providerSecrets.clientSecret, clientSecret] },
  );
}

export interface StoredConfig {
  readonly config: ProviderConfig;
  readonly spCertificate: string | null;
  readonly secret: readonly [name: string, value: string];
}

/** Adds a provider named `Test IdP` with its configuration, and returns its id. */
export async function addConfiguredProvider(
  server: TestServer,
  orgId: string,
  record: Partial<AuthProviderRecord>,
  { config, spCertificate, secret }: StoredConfig,
): Promise<string> {
  const providerId = await addAuthProvider(server, orgId, { name: 'Test IdP', protocol: config.protocol, ...record });
  await server.services.db.transaction().execute(async (tx) => {
    await saveProviderConfig(tx, { orgId, providerId, config, spCertificate });
    await saveOrgSecret(tx, new KeyRing(server.config.secret), secretOwnerOf(orgId, providerId), ...secret);
  });
  return providerId;
}

/** A login that a browser has begun at the provider. */
export interface Begun {
  readonly browser: PageClient;
  readonly orgId: string;
  /** The request that the provider received. */
  readonly authorize: URL;
}

/** Opens the login page of the organization and presses its button. */
export async function begin(
  server: { readonly url: string },
  { slug, id }: ProvisionedOrg,
  browser = new PageClient(),
  next?: string,
): Promise<Begun> {
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
export function comeBack(
  server: { readonly url: string },
  begun: Begun,
  { code, issuer, state, orgId, browser }: Returning,
): Promise<Page> {
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
