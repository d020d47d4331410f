/** The facts that an identity provider asserts about a person who has logged in there. */
export interface AssertedIdentity {
  /** Identifies the person at this provider permanently. */
  readonly subject: string;
  /** Null if the provider asserts none. It identifies no one: only `subject` does. */
  readonly email: string | null;
  /** Whether the provider asserts that the person controls the address. */
  readonly emailVerified: boolean;
  readonly name: string | null;
  /** All attributes or claims, for the result of a test. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /**
   * OIDC's `auth_time` or SAML's AuthnInstant: ISO 8601. Null if the provider does not assert when
   * the person authenticated.
   */
  readonly authenticatedAt: string | null;
  /** SAML's SessionNotOnOrAfter: ISO 8601. Null if the provider sets no end. */
  readonly sessionEndsAt: string | null;
  readonly sessionIndex: string | null;
  /** OIDC's `sid`. */
  readonly sid: string | null;
  /**
   * The SAML assertion, which opens one session at most. Null for OIDC, because the provider
   * accepts a code only once.
   */
  readonly assertion: { readonly id: string; readonly expiresAt: string } | null;
}

/**
 * The reason is for the log and for the result of a test. The person sees the same text for all
 * reasons.
 */
export type VerifiedResponse = { readonly identity: AssertedIdentity } | RefusedResponse;

export interface RefusedResponse {
  readonly refused: string;
  /** Whether the provider ended the login, for example because the person canceled it. */
  readonly isByProvider?: boolean;
  /** Whether anyone can send such a response: the provider has not signed it. */
  readonly isForged?: boolean;
}
