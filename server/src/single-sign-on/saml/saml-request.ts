import { SAML } from '@node-saml/node-saml';
import type { ConfiguredProvider } from '../../database/security/auth-provider-configs.ts';
import { samlConfigOf, spKeyOf } from './verify-saml-response.ts';

export interface SamlRequest {
  /** The ID of the request, which its response names. */
  readonly requestKey: string;
  /** Whether the provider must authenticate the person again, although it knows them. */
  readonly forceLogin: boolean;
}

/** The URL at the provider with a signed AuthnRequest, by the redirect binding. */
export async function samlRequestUrl(
  provider: ConfiguredProvider,
  { requestKey, forceLogin }: SamlRequest,
  { acsUrl, entityId }: { acsUrl: string; entityId: string },
): Promise<URL> {
  const { sso_url, x509certs } = samlConfigOf(provider);
  const library = new SAML({
    entryPoint: sso_url,
    callbackUrl: acsUrl,
    issuer: entityId,
    idpCert: [...x509certs],
    privateKey: spKeyOf(provider),
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    forceAuthn: forceLogin,
    identifierFormat: null,
    disableRequestedAuthnContext: true,
    generateUniqueId: () => requestKey,
  });
  return new URL(await library.getAuthorizeUrlAsync('', undefined, {}));
}
