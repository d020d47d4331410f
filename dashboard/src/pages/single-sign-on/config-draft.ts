import type { AuthProviderDetails, NewProviderConfig } from '@rollcall/client';

/** The values of a provider's configuration as they are typed. */
export interface ConfigDraft {
  /** The source of a SAML provider's values. */
  readonly source: 'url' | 'xml' | 'values';
  readonly metadataUrl: string;
  readonly metadataXml: string;
  readonly entityId: string;
  readonly ssoUrl: string;
  /** PEM, one after the other. */
  readonly certificates: string;
  readonly signed: 'assertion' | 'response' | 'both';
  readonly encrypt: boolean;
  /** The ways to log in at the provider that count, one per line. Empty if all count. */
  readonly contexts: string;
  /** Names of attributes. Empty reads those of the preset. */
  readonly identifier: string;
  readonly userEmail: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Empty keeps the saved secret. */
  readonly clientSecret: string;
  /** One per line. */
  readonly domains: string;
}

export type ConfigKind = 'saml' | 'oidc' | 'google';
export type SavedConfig = AuthProviderDetails['config'];

const keepsSecret = '***';

export function kindOf(key: string): ConfigKind {
  return key === 'google' ? 'google' : key === 'oidc' ? 'oidc' : 'saml';
}

export function draftOf(saved: SavedConfig | null): ConfigDraft {
  const saml = saved && 'sso_url' in saved ? saved : null;
  const oidc = saved && 'issuer' in saved ? saved : null;
  return {
    source: saml && saml.metadata_url === null ? 'values' : 'url',
    metadataUrl: saml?.metadata_url ?? '',
    metadataXml: '',
    entityId: saml?.entity_id ?? '',
    ssoUrl: saml?.sso_url ?? '',
    certificates: saml?.x509certs.join('\n') ?? '',
    signed: saml?.signed ?? 'assertion',
    encrypt: saml?.encrypt ?? false,
    contexts: (saml?.authn_contexts ?? oidc?.acr_values ?? []).join('\n'),
    identifier: saml?.attributes.identifier ?? '',
    userEmail: saml?.attributes.user_email ?? '',
    firstName: saml?.attributes.first_name ?? '',
    lastName: saml?.attributes.last_name ?? '',
    issuer: oidc?.issuer ?? '',
    clientId: oidc?.client_id ?? '',
    clientSecret: '',
    domains: oidc?.domains.join('\n') ?? '',
  };
}

/** The configuration to send. Values that the console doesn't show stay as saved. */
export function configOf(kind: ConfigKind, draft: ConfigDraft, saved: SavedConfig | null): NewProviderConfig {
  if (kind === 'saml') {
    const { signed, encrypt } = draft;
    const attributes = {
      identifier: draft.identifier.trim() || null,
      user_email: draft.userEmail.trim() || null,
      first_name: draft.firstName.trim() || null,
      last_name: draft.lastName.trim() || null,
    };
    const authn_contexts = wordsOf(draft.contexts);
    return { ...samlSourceOf(draft), signed, encrypt, attributes, ...(authn_contexts.length > 0 && { authn_contexts }) };
  }
  const client = { client_id: draft.clientId.trim(), client_secret: draft.clientSecret.trim() || keepsSecret };
  if (kind === 'google') return { ...client, domains: linesOf(draft.domains) };
  const kept = saved && 'scopes' in saved ? { scopes: saved.scopes, auth_method: saved.auth_method } : {};
  const acr_values = wordsOf(draft.contexts);
  return { issuer: draft.issuer.trim(), ...client, ...kept, ...(acr_values.length > 0 && { acr_values }) };
}

function samlSourceOf({ source, metadataUrl, metadataXml, entityId, ssoUrl, certificates }: ConfigDraft) {
  if (source === 'url') return { metadata_url: metadataUrl.trim() };
  if (source === 'xml') return { metadata_xml: metadataXml };
  return { entity_id: entityId.trim(), sso_url: ssoUrl.trim(), x509certs: certificatesOf(certificates) };
}

/** The certificates in a text: PEM blocks, or one certificate in base64. */
export function certificatesOf(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  return blocks ? [...blocks] : text.trim() === '' ? [] : [text.trim()];
}

function linesOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((line) => line !== '');
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Why the values can't be saved yet. Null if they can. */
export function whyNotSave(kind: ConfigKind, draft: ConfigDraft, isNew: boolean): string | null {
  if (kind === 'saml') {
    if (draft.source === 'url') return draft.metadataUrl.trim() === '' ? 'Enter the metadata URL.' : null;
    if (draft.source === 'xml') return draft.metadataXml.trim() === '' ? 'Paste the metadata.' : null;
    const isComplete = draft.entityId.trim() !== '' && draft.ssoUrl.trim() !== '' && draft.certificates.trim() !== '';
    return isComplete ? null : 'Enter the entity ID, the login URL and the certificate.';
  }
  if (kind === 'oidc' && draft.issuer.trim() === '') return 'Enter the issuer.';
  if (draft.clientId.trim() === '') return 'Enter the client ID.';
  if (isNew && draft.clientSecret.trim() === '') return 'Enter the client secret.';
  if (kind === 'google' && linesOf(draft.domains).length === 0) return 'Enter at least one domain.';
  return null;
}

/**
 * Whether the values name another provider than the saved ones, or another SAML attribute as the
 * identifier, so that all members have to link again. Null if that is unknown before the server has
 * read the metadata.
 */
export function isOtherProvider(kind: ConfigKind, draft: ConfigDraft, saved: SavedConfig, readEntityId: string | null): boolean | null {
  if ('issuer' in saved) {
    return (kind === 'oidc' && saved.issuer !== draft.issuer.trim()) || saved.client_id !== draft.clientId.trim();
  }
  if ((draft.identifier.trim() || null) !== saved.attributes.identifier) return true;
  const entityId = draft.source === 'values' ? draft.entityId.trim() : readEntityId;
  return entityId === null ? null : entityId !== saved.entity_id;
}

/** The keys of the errors that the fields of the form show. */
export function fieldsOf(kind: ConfigKind, { source }: ConfigDraft): readonly string[] {
  if (kind === 'google') return ['client_id', 'client_secret', 'domains'];
  if (kind === 'oidc') return ['issuer', 'client_id', 'client_secret', 'acr_values'];
  const values = { url: ['metadata_url', 'url'], xml: ['metadata_xml', 'xml'], values: ['entity_id', 'sso_url', 'x509certs'] };
  return [...values[source], 'signed', 'attributes', 'authn_contexts'];
}

/** The errors of the server by key of the configuration: `{"config": ["issuer: Enter a URL."]}`. */
export function configErrorsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {};
  for (const text of texts) {
    const [, key, message] = /^(\w+): (.*)$/s.exec(text) ?? [null, 'form', text];
    errors[key!] = errors[key!] === undefined ? message! : `${errors[key!]} ${message}`;
  }
  return errors;
}
