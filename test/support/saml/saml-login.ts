import { inflateRawSync } from 'node:zlib';
import type { AuthProviderRecord, SamlConfig } from '../../../protocol/src/index.ts';
import { providerSecrets } from '../../../server/src/features/single-sign-on/database/auth-provider-configs.ts';
import type { SpCertificate } from '../../../server/src/features/single-sign-on/saml/sp-certificate.ts';
import { aSamlConfig } from '../builders.ts';
import { locationOf, type Page, PageClient } from '../page-client.ts';
import type { ProvisionedOrg } from '../provision.ts';
import type { TestServer } from '../server.ts';
import { addConfiguredProvider, begin } from '../single-sign-on.ts';
import type { RequestOfResponse } from './saml-idp.ts';

/** Logins over SAML, at a provider whose configuration is written directly to the database. */

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
  const { entityId, ssoUrl, certificates, sp } = setUp;
  const config = aSamlConfig({ entity_id: entityId, sso_url: ssoUrl, x509certs: certificates, ...setUp.config });
  return addConfiguredProvider(
    server,
    orgId,
    { key: 'saml2', issuer: entityId, ...setUp.record },
    { config, spCertificate: sp.certificate, secret: [providerSecrets.spKey, sp.key] },
  );
}

/** A login that a browser has begun at the provider. */
export interface BegunSaml {
  readonly browser: PageClient;
  /** The URL at the provider, with the request. */
  readonly url: URL;
  /** The AuthnRequest. */
  readonly xml: string;
  readonly request: RequestOfResponse;
}

/** Opens the login page of the organization and presses its button. */
export async function beginSaml(publicUrl: string, org: ProvisionedOrg, browser = new PageClient()): Promise<BegunSaml> {
  const { authorize: url } = await begin({ url: publicUrl }, org, browser);
  return { browser, url, ...readSamlRequest(url) };
}

/** Reads the AuthnRequest in the URL at the provider. */
export function readSamlRequest(url: URL): Pick<BegunSaml, 'xml' | 'request'> {
  const xml = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest')!, 'base64')).toString('utf8');
  const find = (pattern: RegExp) => pattern.exec(xml)![1]!;
  const request = {
    requestId: find(/ ID="([^"]+)"/),
    acsUrl: find(/AssertionConsumerServiceURL="([^"]+)"/),
    entityId: find(/<saml:Issuer[^>]*>([^<]+)</),
  };
  return { xml, request };
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
