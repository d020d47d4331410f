import assert from 'node:assert/strict';
import { inflateRawSync } from 'node:zlib';
import type { AuthProviderRecord, SamlConfig } from '../../../protocol/src/index.ts';
import { saveOrgSecret } from '../../../server/src/database/organizations/org-secrets.ts';
import { providerSecrets, saveProviderConfig, secretOwnerOf } from '../../../server/src/database/security/auth-provider-configs.ts';
import { created } from '../../../server/src/domain/changes.ts';
import type { SpCertificate } from '../../../server/src/single-sign-on/saml/sp-certificate.ts';
import { anAuthProvider } from '../builders.ts';
import { locationOf, type Page, PageClient } from '../page-client.ts';
import { nextNumber, type ProvisionedOrg } from '../provision.ts';
import { changeOrganization, changeRecords } from '../security-records.ts';
import type { TestServer } from '../server.ts';
import type { AnsweredRequest } from './saml-idp.ts';

/** Logins over SAML, at a provider that is configured directly as rows. */

export interface SamlSetUp {
  readonly entityId: string;
  readonly ssoUrl: string;
  /** PEM. */
  readonly certificates: readonly string[];
  readonly sp: SpCertificate;
  readonly config?: Partial<SamlConfig>;
  readonly record?: Partial<AuthProviderRecord>;
}

/** Adds an active SAML provider named `Test IdP`, and returns its id. */
export async function addSamlProvider(server: TestServer, orgId: string, setUp: SamlSetUp): Promise<string> {
  const provider = anAuthProvider({
    id: String(9_000_000 + nextNumber()),
    key: 'saml2',
    name: 'Test IdP',
    protocol: 'saml',
    issuer: setUp.entityId,
    ...setUp.record,
  });
  await changeRecords(server, orgId, (state) => [
    created('auth-provider', provider),
    ...changeOrganization(state, { hasAuthProvider: provider.status === 'active' }),
  ]);
  const config: SamlConfig = {
    protocol: 'saml',
    entity_id: setUp.entityId,
    sso_url: setUp.ssoUrl,
    x509certs: setUp.certificates,
    metadata_url: null,
    attributes: { identifier: null, user_email: null, first_name: null, last_name: null },
    signed: 'assertion',
    encrypt: false,
    ...setUp.config,
  };
  await server.services.db.transaction().execute(async (tx) => {
    await saveProviderConfig(tx, { orgId, providerId: provider.id, config, spCertificate: setUp.sp.certificate });
    await saveOrgSecret(tx, server.config.secret, secretOwnerOf(orgId, provider.id), providerSecrets.spKey, setUp.sp.key);
  });
  return provider.id;
}

/** A login that a browser has begun at the provider. */
export interface BegunSaml {
  readonly browser: PageClient;
  /** The URL at the provider, with the request. */
  readonly url: URL;
  /** The AuthnRequest. */
  readonly xml: string;
  readonly request: AnsweredRequest;
}

/** Opens the login page of the organization and presses its button. */
export async function beginSaml(publicUrl: string, { slug }: ProvisionedOrg, browser = new PageClient()): Promise<BegunSaml> {
  const page = await browser.get(`${publicUrl}/auth/login/${slug}/`);
  assert.equal(page.status, 200);
  const redirect = await browser.submit(page);
  assert.equal(redirect.status, 303, redirect.text);
  const url = new URL(locationOf(redirect)!);
  const xml = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest')!, 'base64')).toString('utf8');
  const find = (pattern: RegExp) => pattern.exec(xml)![1]!;
  const request = {
    requestId: find(/ ID="([^"]+)"/),
    acsUrl: find(/AssertionConsumerServiceURL="([^"]+)"/),
    entityId: find(/<saml:Issuer[^>]*>([^<]+)</),
  };
  return { browser, url, xml, request };
}

/** Posts a response as the page of the provider does: from another site, without cookies. */
export function postSaml(acsUrl: string, base64: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
  const headers = { Origin: 'https://idp.example', 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'cross-site' };
  return new PageClient().request('POST', acsUrl, headers, new URLSearchParams({ SAMLResponse: base64, ...fields }).toString());
}

/** Posts the response and follows its redirect in the browser. Returns the page after that. */
export async function finishSaml({ browser, request }: BegunSaml, base64: string): Promise<Page> {
  const posted = await postSaml(request.acsUrl, base64, { RelayState: 'https://evil.example/' });
  const location = locationOf(posted);
  return location === null ? posted : browser.get(location);
}
