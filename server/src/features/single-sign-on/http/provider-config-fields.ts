import type { OidcConfig, ProviderChoice, SamlConfig } from '@rollcall/protocol';
import * as z from 'zod';
import { type FieldErrors, invalidFields } from '../../../domain/field-errors.ts';
import {
  booleanField,
  choiceField,
  dictionaryField,
  type FieldDescription,
  listField,
  messageOf,
  messages,
  nullable,
  parseFields,
  stringField,
  unknownKeys,
} from '../../../http/requests/fields.ts';
import { type IdpCertificate, modulusBits, readCertificate } from '../flows/idp-certificates.ts';
import { signOnLimits } from '../limits.ts';

/**
 * The fields of an identity provider's configuration. Which of them a provider has depends on its
 * key (REST contract 13.4).
 */

/** Responses contain this in place of a secret. In a request, it keeps the stored secret. */
export const hiddenSecret = '***';

const googleIssuer = 'https://accounts.google.com';
const scopesDefault = 'openid email profile';
const textMax = 1_024;
/** In characters. A certificate with a key of 8,192 bits has 4,000. */
const certificateLengthMax = 16 * 1024;
const domainsMax = 20;

/** Scopes as RFC 6749, section 3.3, defines them. */
const scopesPattern = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;
const domainPattern = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const text = () => stringField({ max: textMax });

const attributeNames = ['identifier', 'user_email', 'first_name', 'last_name'] as const;
type AttributeNames = SamlConfig['attributes'];
const noAttributes: AttributeNames = { identifier: null, user_email: null, first_name: null, last_name: null };
const attributesDescription: FieldDescription = {
  description: 'Names of attributes. Null for the attribute that the preset names. For `identifier`, null stands for the NameID.',
  properties: Object.fromEntries(attributeNames.map((name) => [name, { type: ['string', 'null'], maxLength: textMax }])),
};

const attributeField = nullable(text());
const attributesField = dictionaryField(attributesDescription, (given, refuse): AttributeNames => {
  const names = { ...noAttributes };
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(noAttributes, name));
  if (unknown !== undefined) return refuse(`${unknown}: ${messages.unknownKey}`);
  for (const name of attributeNames) {
    const parsed = attributeField.safeParse(given[name] ?? null);
    if (!parsed.success) return refuse(`${name}: ${messageOf(parsed.error.issues[0]!)}`);
    (names as Record<string, string | null>)[name] = parsed.data;
  }
  return names;
});

const certificateDescription: FieldDescription = {
  type: 'string',
  maxLength: certificateLengthMax,
  description: 'A certificate, in PEM or base64.',
};

const certificateField = stringField({ max: certificateLengthMax });

/** Providers know fewer than ten ways to log in. */
const contextsMax = 10;
const contextDescription: FieldDescription = {
  type: 'string',
  maxLength: textMax,
  description: 'The name of a way to log in at the provider, without spaces.',
};

/** `acr_values` are separated by spaces (OpenID Connect Core, section 3.1.2.1). */
const contextsField = () =>
  listField(contextsMax, contextDescription, (item, refuse) => {
    const given = text().safeParse(item);
    if (!given.success) return refuse(messageOf(given.error.issues[0]!));
    return /\s/.test(given.data) ? refuse('Enter values without spaces.') : given.data;
  });

const samlFields = z.object({
  metadata_url: nullable(text()).optional(),
  metadata_xml: nullable(stringField({ max: signOnLimits.metadataBytes.value })).optional(),
  entity_id: text().optional(),
  sso_url: text().optional(),
  x509certs: listField(signOnLimits.certificates.value, certificateDescription, (item, refuse): IdpCertificate => {
    const given = certificateField.safeParse(item);
    if (!given.success) return refuse(messageOf(given.error.issues[0]!));
    return (
      readCertificate(given.data) ??
      refuse(`Enter a certificate in PEM or base64. An RSA key must have ${modulusBits.min} to ${modulusBits.max} bits.`)
    );
  }).optional(),
  attributes: attributesField.optional(),
  signed: choiceField(['assertion', 'response', 'both']).optional(),
  encrypt: booleanField().optional(),
  authn_contexts: contextsField().optional(),
});

const clientFields = { client_id: text(), client_secret: text() };

const oidcFields = z.object({
  ...clientFields,
  issuer: text(),
  scopes: text().optional(),
  auth_method: choiceField(['client_secret_post', 'client_secret_basic']).optional(),
  acr_values: contextsField().optional(),
});

const domainDescription: FieldDescription = { type: 'string', description: 'A Google Workspace domain.' };

const googleFields = z.object({
  ...clientFields,
  domains: listField(domainsMax, domainDescription, (item, refuse) => {
    const domain = typeof item === 'string' ? item.trim().toLowerCase() : '';
    return domainPattern.test(domain) ? domain : refuse('Enter a domain such as example.com.');
  }),
});

/** A response has the keys of both, and may be sent back. */
const clientConfigFields = z.object({ ...oidcFields.shape, ...googleFields.shape });

/** The entity id chooses one of several providers in metadata. The stored one is the default. */
interface ChosenEntity {
  readonly entityId: string | undefined;
  readonly storedEntityId: string | undefined;
}

/** The metadata of a SAML provider. */
export type MetadataSource = ChosenEntity & ({ readonly url: string } | { readonly xml: string });

/** The metadata, or the values that it contains. */
type SamlSource =
  | MetadataSource
  | { readonly entityId: string; readonly ssoUrl: string; readonly certificates: readonly IdpCertificate[]; readonly url: string | null };

export interface GivenSaml {
  readonly source: SamlSource;
  readonly options: Pick<SamlConfig, 'attributes' | 'signed' | 'encrypt' | 'authn_contexts'>;
}

export interface GivenOidc {
  readonly config: OidcConfig;
  readonly clientSecret: string;
}

/**
 * @param stored the current configuration, whose values may be sent back beside its metadata URL
 * @throws OrgError `invalid` with the errors of all keys on `config`
 */
export function parseSamlConfig(given: object, stored: SamlConfig | null): GivenSaml {
  const { fields, malformed } = parseFields(samlFields, given);
  refuseConfig({ ...malformed, ...unknownKeys(samlFields, given) });
  const { attributes = noAttributes, signed = 'assertion', encrypt = false, authn_contexts = [] } = fields;
  const contexts = authn_contexts.length === 0 ? {} : { authn_contexts };
  return { source: samlSourceOf(fields, stored), options: { attributes, signed, encrypt, ...contexts } };
}

const oneSource = 'Send exactly one of metadata_url, metadata_xml, or entity_id with sso_url and x509certs.';

function samlSourceOf(fields: Partial<z.infer<typeof samlFields>>, stored: SamlConfig | null): SamlSource {
  const { metadata_url: url = null, metadata_xml: xml = null, entity_id: entityId, sso_url: ssoUrl, x509certs: certificates } = fields;
  const isDirect = ssoUrl !== undefined || certificates !== undefined;
  const isComplete = entityId !== undefined && ssoUrl !== undefined && certificates !== undefined;
  if (isComplete && url !== null && xml === null && stored?.metadata_url === url) {
    const isSentBack =
      stored.entity_id === entityId && stored.sso_url === ssoUrl && stored.x509certs.join() === certificates.map(({ pem }) => pem).join();
    if (isSentBack) return { entityId, ssoUrl, certificates, url };
  }
  const count = [url !== null, xml !== null, isDirect].filter(Boolean).length;
  if (count !== 1) throw configError([oneSource]);
  if (url !== null) return { url, entityId, storedEntityId: stored?.entity_id };
  if (xml !== null) return { xml, entityId, storedEntityId: stored?.entity_id };
  refuseConfig({
    ...(entityId === undefined && { entity_id: [messages.required] }),
    ...(ssoUrl === undefined && { sso_url: [messages.required] }),
    ...(certificates === undefined || certificates.length === 0 ? { x509certs: [messages.required] } : {}),
    ...(ssoUrl !== undefined && !isWebUrl(ssoUrl) && { sso_url: ['Enter a URL that begins with https:// or http://.'] }),
  });
  return { entityId: entityId!, ssoUrl: ssoUrl!, certificates: certificates!, url: null };
}

/** The server never calls this URL. It only redirects browsers there. */
function isWebUrl(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** @throws OrgError as `parseSamlConfig` */
export function parseOidcConfig({ key }: ProviderChoice, given: object): GivenOidc {
  const unknown = unknownKeys(clientConfigFields, given);
  if (key === 'google') {
    const { fields, malformed } = parseFields(googleFields, given);
    refuseConfig({ ...malformed, ...unknown, ...(fields.domains?.length === 0 && { domains: [messages.required] }) });
    const { client_id, client_secret: clientSecret, domains } = fields as z.infer<typeof googleFields>;
    const fixed = { protocol: 'oidc', issuer: googleIssuer, scopes: scopesDefault, auth_method: 'client_secret_post' } as const;
    return { config: { ...fixed, client_id, domains: [...new Set(domains)] }, clientSecret };
  }
  const { fields, malformed } = parseFields(oidcFields, given);
  const isWrong = fields.scopes !== undefined && !scopesPattern.test(fields.scopes);
  refuseConfig({ ...malformed, ...unknown, ...(isWrong && { scopes: ['Enter scopes separated by single spaces.'] }) });
  const {
    client_id,
    client_secret: clientSecret,
    issuer,
    scopes = scopesDefault,
    auth_method = 'client_secret_post',
    acr_values = [],
  } = fields as z.infer<typeof oidcFields>;
  const contexts = acr_values.length === 0 ? {} : { acr_values };
  return { config: { protocol: 'oidc', issuer, client_id, scopes, auth_method, domains: [], ...contexts }, clientSecret };
}

/** Reports all errors under the field `config`, each with its key: `issuer: …`. */
export function refuseConfig(errors: FieldErrors): void {
  const texts = Object.entries(errors).flatMap(([key, found]) => found.map((one) => `${key}: ${one}`));
  if (texts.length > 0) throw configError(texts);
}

function configError(texts: readonly string[]) {
  return invalidFields({ config: texts });
}

/** The configuration for the API's description. Its keys depend on the provider. */
export const configField = dictionaryField(
  {
    description:
      'SAML: one of `metadata_url`, `metadata_xml`, or `entity_id` with `sso_url` and `x509certs`; `attributes`, `signed`, `encrypt` and `authn_contexts`. OpenID Connect: `issuer`, `client_id`, `client_secret`, `scopes`, `auth_method`, `acr_values`. Google: `client_id`, `client_secret`, `domains`. `***` keeps the stored secret.',
  },
  (given) => given,
);
