import type { OidcConfig, ProviderChoice, ProviderConfig } from '@rollcall/protocol';
import { invalidFields } from '../../../domain/field-errors.ts';
import { type Caller, ownerKeyOf } from '../../../identity/caller.ts';
import { failureTexts } from '../../../outbound/outbound-error.ts';
import { keptSecretErrors } from '../commands/provider/update-auth-provider.ts';
import type { CheckedConfig } from '../domain/auth-provider.ts';
import type { IdpCertificate } from '../flows/idp-certificates.ts';
import { signOnLimits } from '../limits.ts';
import { isSharedIssuer } from '../oidc/entra.ts';
import { type IdpMetadata, IdpMetadataError, parseIdpMetadata } from '../saml/idp-metadata.ts';
import type { SingleSignOnServices } from '../services.ts';
import {
  type GivenSaml,
  hiddenSecret,
  type MetadataSource,
  parseOidcConfig,
  parseSamlConfig,
  refuseConfig,
} from './provider-config-fields.ts';

/** Checks a configuration without a login, before the organization is locked. */

export interface ResolvedConfig {
  readonly checked: CheckedConfig;
  /** Null keeps the stored one. Always null for SAML. */
  readonly clientSecret: string | null;
}

/**
 * @param stored the current configuration. Null for a new provider.
 * @throws OrgError `invalid`, and `rate-limited` for metadata
 */
export async function resolveConfig(
  services: SingleSignOnServices,
  caller: Caller,
  choice: ProviderChoice,
  given: object,
  stored: ProviderConfig | null,
): Promise<ResolvedConfig> {
  if (choice.protocol === 'saml') {
    const saml = parseSamlConfig(given, stored?.protocol === 'saml' ? stored : null);
    return { checked: await resolveSaml(services, caller, saml), clientSecret: null };
  }
  const { config, clientSecret } = parseOidcConfig(choice, given);
  const problem = issuerProblem(services, config);
  if (problem !== null) refuseConfig({ issuer: [problem] });
  if (clientSecret !== hiddenSecret) return { checked: { config, certificates: [] }, clientSecret };
  // The command checks this again, because the stored configuration may change until then.
  const errors = keptSecretErrors(stored, config);
  if (errors.config) throw invalidFields(errors);
  return { checked: { config, certificates: [] }, clientSecret: null };
}

async function resolveSaml(services: SingleSignOnServices, caller: Caller, { source, options }: GivenSaml): Promise<CheckedConfig> {
  const { metadataUrl, entityId, ssoUrl, certificates } = await resolveSource(services, caller, source);
  const unique = [...new Map(certificates.map((certificate) => [certificate.fingerprint, certificate])).values()];
  return {
    config: {
      protocol: 'saml',
      entity_id: entityId,
      sso_url: ssoUrl,
      x509certs: unique.map(({ pem }) => pem),
      metadata_url: metadataUrl,
      ...options,
    },
    certificates: unique.map(certificateFacts),
  };
}

export function certificateFacts({ fingerprint, notAfter }: IdpCertificate): CheckedConfig['certificates'][number] {
  return { fingerprint, notAfter };
}

async function resolveSource(services: SingleSignOnServices, caller: Caller, source: GivenSaml['source']) {
  if ('certificates' in source) return { ...source, metadataUrl: source.url };
  const found = await findMetadata(services, caller, source);
  if ('problem' in found) throw invalidFields({ config: [`${'xml' in source ? 'metadata_xml' : 'metadata_url'}: ${found.problem}`] });
  return { ...found, metadataUrl: 'url' in source ? source.url : null };
}

/** A sentence for the person who imports the metadata. */
interface Problem {
  readonly problem: string;
}

/**
 * Reads metadata as text or from its URL, with its certificates.
 * @throws OrgError `rate-limited`
 */
export async function findMetadata(services: SingleSignOnServices, caller: Caller, source: MetadataSource): Promise<IdpMetadata | Problem> {
  await services.attempts.count(signOnLimits.metadataReadsPerUser, ownerKeyOf(caller));
  const xml = 'xml' in source ? source.xml : await fetchMetadata(services, caller, source.url);
  return typeof xml === 'string' ? readMetadata(xml, source) : xml;
}

function readMetadata(xml: string, { entityId, storedEntityId }: MetadataSource): IdpMetadata | Problem {
  try {
    return parseIdpMetadata(xml, entityId, storedEntityId);
  } catch (error) {
    if (error instanceof IdpMetadataError) return { problem: error.message };
    throw error;
  }
}

const urlRemedy = 'Check the URL, or enter the metadata as XML.';

async function fetchMetadata({ outbound }: SingleSignOnServices, caller: Caller, url: string): Promise<string | Problem> {
  const result = await outbound.request(url, {
    owner: { caller: ownerKeyOf(caller), purpose: 'set-up' },
    bodyBytesMax: signOnLimits.metadataBytes.value,
  });
  if (result.outcome === 'refused-address') return { problem: failureTexts[result.outcome] };
  if (result.outcome !== 'response') return { problem: `${failureTexts[result.outcome]} ${urlRemedy}` };
  if (result.status !== 200) return { problem: `The provider responded with status ${result.status}. ${urlRemedy}` };
  return result.body.toString('utf8');
}

/** Null for an issuer that may be called. */
function issuerProblem({ outbound }: SingleSignOnServices, { issuer }: OidcConfig): string | null {
  if (!URL.canParse(issuer)) return 'Enter a URL.';
  const url = new URL(issuer);
  if (/[?#]/.test(issuer) || url.username !== '' || url.password !== '') {
    return 'Enter a URL without a query, a fragment or a user.';
  }
  if (url.pathname.includes('/.well-known/')) return 'Enter the issuer itself: the value of “issuer” in the document at this URL.';
  if (url.protocol === 'http:' && !outbound.allowsWithoutTls(url)) return 'Enter a URL that begins with https://.';
  if (outbound.refuseUrl(issuer) !== null) return failureTexts['refused-address'];
  return isSharedIssuer(issuer) ? 'Enter the issuer of your own tenant, with its id.' : null;
}
