import type { OrganizationRecord, ProviderConfig } from '@rollcall/protocol';
import type { authProviderShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { ShownAuthProvider } from '../../../read-path/queries/single-sign-on/auth-provider.ts';
import { hiddenSecret } from './provider-config-fields.ts';

/** The REST form of an identity provider (REST contract 13.4). */

type AuthProviderBody = ResponseOf<typeof authProviderShape>;
type Details = NonNullable<AuthProviderBody['details']>;

export function presentAuthProvider(
  { organization, provider, pendingLinks, config }: ShownAuthProvider,
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
    ...(config && { details: { ...provider, config: presentConfig(config), ...addressesOf(organization, config, publicUrl) } }),
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
  const isSaml = protocol === 'saml';
  const metadataUrl = isSaml ? `${publicUrl}/saml/metadata/${id}/` : null;
  return {
    acs_url: isSaml ? `${publicUrl}/saml/acs/${id}/` : null,
    entity_id: metadataUrl,
    metadata_url: metadataUrl,
    redirect_uri: isSaml ? null : `${publicUrl}/auth/oidc/${id}/callback/`,
  };
}
