import type { ConfiguredProvider } from '../database/auth-provider-configs.ts';
import type { VerifiedResponse } from '../domain/asserted-identity.ts';
import type { LoginProtocol, LoginRequest, SamlResponse, TakeLogin } from '../flows/protocols.ts';
import { SamlRequests } from './saml-request.ts';
import type { VerificationPool } from './verification/verification-pool.ts';
import { samlConfigOf } from './verify-saml-response.ts';

/** SAML 2.0: requests by redirect, responses by POST. */
export class Saml implements LoginProtocol<SamlResponse, Pick<LoginRequest, 'requestKey'>> {
  readonly #publicUrl: string;
  readonly #verifications: VerificationPool;
  readonly #requests = new SamlRequests();

  constructor({ publicUrl, verifications }: { readonly publicUrl: string; readonly verifications: VerificationPool }) {
    this.#publicUrl = publicUrl;
    this.#verifications = verifications;
  }

  loginUrl(provider: ConfiguredProvider, request: LoginRequest, network: string): Promise<URL> {
    return this.#requests.urlOf(provider, request, samlServiceOf(this.#publicUrl, provider.orgId), network);
  }

  async loginOrigin(provider: ConfiguredProvider): Promise<string | null> {
    return new URL(samlConfigOf(provider).sso_url).origin;
  }

  async verify(
    provider: ConfiguredProvider,
    { requestKey }: Pick<LoginRequest, 'requestKey'>,
    response: SamlResponse,
    take: TakeLogin,
  ): Promise<VerifiedResponse> {
    const service = samlServiceOf(this.#publicUrl, provider.orgId);
    const expected = { ...service, requestId: requestKey, now: new Date() };
    return this.#verifications.verify({ provider, base64: response, expected }, take);
  }
}

/**
 * This server as a service of an organization's provider. The addresses contain the organization's
 * id, because its slug can change.
 */
export function samlServiceOf(publicUrl: string, orgId: string): { readonly acsUrl: string; readonly entityId: string } {
  return { acsUrl: `${publicUrl}/saml/acs/${orgId}/`, entityId: `${publicUrl}/saml/metadata/${orgId}/` };
}
