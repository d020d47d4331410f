import type { AuthProviderRecord, OrganizationRecord, ProviderConfig } from '@rollcall/protocol';
import type { authProviderShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import { readCertificate } from '../flows/idp-certificates.ts';
import { oidcRedirectUri } from '../oidc/oidc.ts';
import type { ShownAuthProvider } from '../queries/auth-provider.ts';
import { samlServiceOf } from '../saml/saml.ts';
import { hiddenSecret } from './provider-config-fields.ts';
import { certificateFacts } from './resolve-provider-config.ts';

/** The REST form of an identity provider (REST contract 13.4). */

type AuthProviderBody = ResponseOf<typeof authProviderShape>;
type Details = NonNullable<AuthProviderBody['details']>;

export function presentAuthProvider(
  { organization, provider, pendingLinks, config: shown }: ShownAuthProvider,
  publicUrl: string,
): AuthProviderBody {
  return {
    id: provider.id,
    provider_name: provider.key,
    pending_links_count: pendingLinks,
    login_url: `${publicUrl}/auth/login/${organization.slug}/`,
    default_role: provider.defaultRole,
    require_link: provider.requireLink,
    scim_enabled: provider.scimEnabled,
    ...(shown && { details: presentDetails(organization, provider, shown, publicUrl) }),
  };
}

function presentDetails(
  organization: OrganizationRecord,
  provider: AuthProviderRecord,
  { config, spCertificates }: NonNullable<ShownAuthProvider['config']>,
  publicUrl: string,
): Details {
  return {
    ...provider,
    config: presentConfig(config),
    ...addressesOf(organization, config, publicUrl),
    sp_certificates: spCertificates.flatMap((pem) => readCertificate(pem) ?? []).map(certificateFacts),
  };
}

function presentConfig(config: ProviderConfig): Details['config'] {
  if (config.protocol === 'saml') {
    const { protocol, ...shown } = config;
    return shown;
  }
  const { protocol, issuer, client_id, ...shown } = config;
  return { issuer, client_id, client_secret: hiddenSecret, ...shown };
}

/**
 * The addresses of this server that an administrator enters at the provider. They contain the
 * organization's id, so that a rename changes none of them.
 */
function addressesOf({ id }: OrganizationRecord, { protocol }: ProviderConfig, publicUrl: string) {
  if (protocol === 'oidc') return { acs_url: null, entity_id: null, metadata_url: null, redirect_uri: oidcRedirectUri(publicUrl, id) };
  const { acsUrl, entityId } = samlServiceOf(publicUrl, id);
  return { acs_url: acsUrl, entity_id: entityId, metadata_url: entityId, redirect_uri: null };
}
