import type { OidcConfig } from '@rollcall/protocol';
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientError,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
} from 'openid-client';
import type { Outbound } from '../../../outbound/outbound.ts';
import type { ConfiguredProvider } from '../database/auth-provider-configs.ts';
import type { VerifiedResponse } from '../domain/asserted-identity.ts';
import type { LoginProtocol, LoginRequest, OidcResponse, TakeLogin } from '../flows/protocols.ts';
import { describeOidcError } from './describe-oidc-error.ts';
import { OidcConfigurations, oidcConfigOf } from './oidc-configurations.ts';
import { addUserinfo, type Claims, readClaims } from './read-claims.ts';

export interface OidcOptions {
  readonly outbound: Outbound;
  readonly publicUrl: string;
  /** The issuer of Google. Tests use another. */
  readonly googleIssuer: string;
}

/** OpenID Connect: the authorization code flow with PKCE. */
export class Oidc implements LoginProtocol<OidcResponse> {
  readonly #configurations: OidcConfigurations;
  readonly #options: OidcOptions;

  constructor(options: OidcOptions) {
    this.#configurations = new OidcConfigurations(options.outbound);
    this.#options = options;
  }

  async loginUrl(provider: ConfiguredProvider, { requestKey, nonce, verifier, forceLogin }: LoginRequest): Promise<URL> {
    const { config, configuration } = await this.#configure(provider);
    return buildAuthorizationUrl(configuration, {
      redirect_uri: oidcRedirectUri(this.#options.publicUrl, provider.orgId),
      response_mode: 'query',
      scope: config.scopes,
      state: requestKey,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...hostedDomainOf(provider, config),
      ...(config.acr_values && { acr_values: config.acr_values.join(' ') }),
      ...ageParametersOf(provider, forceLogin),
    });
  }

  async loginOrigin(provider: ConfiguredProvider): Promise<string | null> {
    try {
      const { configuration } = await this.#configure(provider);
      return buildAuthorizationUrl(configuration, {}).origin;
    } catch {
      return null;
    }
  }

  async verify(
    provider: ConfiguredProvider,
    { requestKey, nonce, verifier }: LoginRequest,
    url: URL,
    take: TakeLogin,
  ): Promise<VerifiedResponse> {
    if (!(await take())) return { refused: 'The login has a response already.' };
    try {
      const { config, configuration } = await this.#configure(provider);
      const tokens = await authorizationCodeGrant(configuration, url, {
        expectedState: requestKey,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = await completeClaims(configuration, tokens.claims()!, tokens.access_token);
      return readClaims(provider.record.key, config, claims);
    } catch (error) {
      return { refused: describeOidcError(error), isByProvider: error instanceof AuthorizationResponseError };
    }
  }

  async #configure(provider: ConfiguredProvider): Promise<{ readonly config: OidcConfig; readonly configuration: Configuration }> {
    const config = oidcConfigOf(provider);
    const issuer = provider.record.key === 'google' ? this.#options.googleIssuer : config.issuer;
    return { config, configuration: await this.#configurations.read(issuer, provider) };
  }
}

/**
 * The redirect URI of an organization. Each has its own, so that no provider's response is accepted
 * for another organization.
 */
export function oidcRedirectUri(publicUrl: string, orgId: string): string {
  return `${publicUrl}/auth/oidc/${orgId}/callback/`;
}

/** A hint for Google's list of accounts. The `hd` claim is what counts. */
function hostedDomainOf({ record }: ConfiguredProvider, { domains }: OidcConfig): Record<string, string> {
  return record.key === 'google' ? { hd: domains.length === 1 ? domains[0]! : '*' } : {};
}

/** A `max_age` so long that no provider authenticates the person again because of it. */
const yearSeconds = 365 * 24 * 60 * 60;

/**
 * With `max_age`, a provider must state when it authenticated the person (OpenID Connect Core
 * 3.1.2.1). Google ignores it, refuses the prompt `login`, and always shows who is logged in with
 * `select_account`.
 */
function ageParametersOf({ record }: ConfiguredProvider, forceLogin: boolean): Record<string, string> {
  if (record.key === 'google') return forceLogin ? { prompt: 'select_account' } : {};
  return forceLogin ? { prompt: 'login', max_age: '0' } : { max_age: String(yearSeconds) };
}

/** The code of an error for an attribute with another value than the expected one. */
const otherValue = 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED';

/**
 * The userinfo endpoint must describe the same subject. Its other failures matter only if it is
 * needed for the address: the name is for display.
 */
async function completeClaims(configuration: Configuration, claims: Claims, accessToken: string): Promise<Claims> {
  const isComplete = claims.email !== undefined && (claims.name !== undefined || claims.given_name !== undefined);
  if (isComplete || configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
  const userinfo = await fetchUserInfo(configuration, accessToken, claims.sub as string).catch((error: unknown) => {
    if (claims.email === undefined || (error instanceof ClientError && error.code === otherValue)) throw error;
    return {};
  });
  return addUserinfo(claims, userinfo);
}
