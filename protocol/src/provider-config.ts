/**
 * The configuration of an organization's identity provider, without secrets. It is part of no
 * record, and only administrators see it. The keys are those of the REST API.
 */
export type ProviderConfig = SamlConfig | OidcConfig;

export interface SamlConfig {
  readonly protocol: 'saml';
  /** The provider's own name, as its assertions state it. */
  readonly entity_id: string;
  readonly sso_url: string;
  /** PEM, one to four, so that the next certificate can be added before the provider uses it. */
  readonly x509certs: readonly string[];
  /** The URL that the other values were read from. Null if they were given directly. */
  readonly metadata_url: string | null;
  /**
   * The names of the attributes with these facts. For null, the preset's names are read, and the
   * NameID as the identifier.
   */
  readonly attributes: {
    readonly identifier: string | null;
    readonly user_email: string | null;
    readonly first_name: string | null;
    readonly last_name: string | null;
  };
  /** The elements that the provider must sign. */
  readonly signed: 'assertion' | 'response' | 'both';
  /** Whether assertions must be encrypted. */
  readonly encrypt: boolean;
  /** The `AuthnContextClassRef`s of logins that count. Absent if all count. */
  readonly authn_contexts?: readonly string[];
}

export interface OidcConfig {
  readonly protocol: 'oidc';
  readonly issuer: string;
  readonly client_id: string;
  /** Separated by spaces. */
  readonly scopes: string;
  readonly auth_method: 'client_secret_post' | 'client_secret_basic';
  /** The Google Workspace domains whose people may log in. Empty for other providers. */
  readonly domains: readonly string[];
  /** The values of `acr` of logins that count. Absent if all count. */
  readonly acr_values?: readonly string[];
}

/**
 * A provider that an organization can choose. Presets of SAML differ in the names of attributes.
 */
export interface ProviderChoice {
  readonly key: string;
  readonly name: string;
  readonly protocol: ProviderConfig['protocol'];
}

export const providerChoices: readonly ProviderChoice[] = [
  { key: 'google', name: 'Google', protocol: 'oidc' },
  { key: 'oidc', name: 'OpenID Connect', protocol: 'oidc' },
  { key: 'okta', name: 'Okta', protocol: 'saml' },
  { key: 'onelogin', name: 'OneLogin', protocol: 'saml' },
  { key: 'active-directory', name: 'Active Directory', protocol: 'saml' },
  { key: 'jumpcloud', name: 'JumpCloud', protocol: 'saml' },
  { key: 'auth0', name: 'Auth0', protocol: 'saml' },
  { key: 'saml2', name: 'SAML2', protocol: 'saml' },
];
