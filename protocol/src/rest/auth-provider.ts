import type { OrgRoleId } from '../roles.ts';
import type {
  authProviderChoicesShape,
  authProviderShape,
  metadataPreviewShape,
  ResponseOf,
  ssoIdentityShape,
  ssoImpactShape,
} from './shapes/index.ts';

export type AuthProviderChoice = ResponseOf<typeof authProviderChoicesShape>[number];
export type RestAuthProvider = ResponseOf<typeof authProviderShape>;
export type AuthProviderDetails = NonNullable<RestAuthProvider['details']>;
export type MetadataPreview = ResponseOf<typeof metadataPreviewShape>;
export type RestSsoIdentity = ResponseOf<typeof ssoIdentityShape>;
export type SsoImpact = ResponseOf<typeof ssoImpactShape>;

export interface NewAuthProvider {
  /** A key of `AuthProviderChoice`. */
  readonly key: string;
  readonly config: NewProviderConfig;
}

export type NewProviderConfig = NewSamlConfig | NewOidcConfig | NewGoogleConfig;

/** Exactly one of `metadata_url`, `metadata_xml`, or `entity_id` with `sso_url` and `x509certs`. */
export interface NewSamlConfig {
  readonly metadata_url?: string | null;
  readonly metadata_xml?: string | null;
  /** Beside metadata, chooses one of several providers in it. */
  readonly entity_id?: string;
  readonly sso_url?: string;
  /** One to four, as PEM or in base64. */
  readonly x509certs?: readonly string[];
  readonly attributes?: {
    readonly identifier?: string | null;
    readonly user_email?: string | null;
    readonly first_name?: string | null;
    readonly last_name?: string | null;
  };
  readonly signed?: 'assertion' | 'response' | 'both';
  readonly encrypt?: boolean;
  /** Only logins of these `AuthnContextClassRef`s count. Up to ten. */
  readonly authn_contexts?: readonly string[];
}

export interface NewOidcConfig {
  readonly issuer: string;
  readonly client_id: string;
  /** `***` keeps the stored secret. */
  readonly client_secret: string;
  readonly scopes?: string;
  readonly auth_method?: 'client_secret_post' | 'client_secret_basic';
  /** Only logins with one of these values of `acr` count. Up to ten. */
  readonly acr_values?: readonly string[];
}

export interface NewGoogleConfig {
  readonly client_id: string;
  readonly client_secret: string;
  /** One to twenty Google Workspace domains. */
  readonly domains: readonly string[];
}

export interface AuthProviderChanges {
  readonly config?: NewProviderConfig;
  readonly default_role?: OrgRoleId;
  readonly jit?: 'off' | 'domains';
  /** 1 to 720. */
  readonly session_hours?: number;
  readonly active?: boolean;
  /** Requires single sign-on of all members. */
  readonly require_link?: boolean;
  /** The ids of the one to three recovery owners. */
  readonly recovery_members?: readonly string[];
  readonly scim_enabled?: boolean;
}

/** Either the URL or the XML of the metadata. */
export type MetadataSource = { readonly url: string } | { readonly xml: string };
