import type { ConfiguredProvider } from '../database/auth-provider-configs.ts';
import type { LoginRequest } from '../flows/protocols.ts';
import { samlConfigOf, spKeyOf } from './verify-saml-response.ts';

/** The URL at the provider with a signed AuthnRequest, by the redirect binding. */
export async function samlRequestUrl(
  provider: ConfiguredProvider,
  { requestKey, forceLogin }: Pick<LoginRequest, 'requestKey' | 'forceLogin'>,
  { acsUrl, entityId }: { acsUrl: string; entityId: string },
): Promise<URL> {
  const { sso_url, x509certs } = samlConfigOf(provider);
  // Imported when it is needed, because the library would add 65 ms and 15 MB to each start.
  const { SAML } = await import('@node-saml/node-saml');
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
