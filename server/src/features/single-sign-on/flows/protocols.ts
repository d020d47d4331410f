import type { ConfiguredProvider } from '../database/auth-provider-configs.ts';
import type { LoginRequest } from '../database/sso-flows.ts';
import type { VerifiedResponse } from '../domain/asserted-identity.ts';

/**
 * The interface between the flow engine and the two protocols. The engine knows nothing of SAML or
 * OIDC, and the protocols know nothing of flows, sessions and members.
 */

export type { LoginRequest };

/**
 * `Response` is the response that the browser brings back from the provider. `Sent` is what it is
 * verified with.
 */
export interface LoginProtocol<Response, Sent = LoginRequest> {
  /**
   * The address at the provider that the browser is sent to.
   * @param network the caller's network, as `networkOf` returns it
   * @throws if the provider can't be reached, or its configuration is wrong
   */
  loginUrl(provider: ConfiguredProvider, request: LoginRequest, network: string): Promise<URL>;
  /**
   * The origin of that address, for the Content-Security-Policy of the page that leads to it. Null
   * if it is not known now.
   */
  loginOrigin(provider: ConfiguredProvider): Promise<string | null>;
  /**
   * Verifies the response of the provider. Each failure is a refusal with its reason.
   * @param take called after the cheap checks, and before what costs more
   * @throws OrgError `rate-limited` or `unavailable`
   */
  verify(provider: ConfiguredProvider, request: Sent, response: Response, take: TakeLogin): Promise<VerifiedResponse>;
}

/** Marks a login as used, so that it is verified once. False if it was used before. */
export type TakeLogin = () => Promise<boolean>;

/** The value of the form field `SAMLResponse`. */
export type SamlResponse = string;
/** The URL of the callback with its query. */
export type OidcResponse = URL;

export interface LoginProtocols {
  readonly saml: LoginProtocol<SamlResponse, Pick<LoginRequest, 'requestKey'>>;
  readonly oidc: LoginProtocol<OidcResponse>;
}
