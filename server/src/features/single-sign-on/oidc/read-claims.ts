import type { OidcConfig } from '@rollcall/protocol';
import { withoutDomains } from '../../../runtime/text/name-text.ts';
import { isStorableTime } from '../../../runtime/text/storable-time.ts';
import type { VerifiedResponse } from '../domain/asserted-identity.ts';
import { entraTenantOf } from './entra.ts';

/** The claims of an ID token, whose signature, issuer, audience and nonce are verified. */
export type Claims = Readonly<Record<string, unknown>>;

/** Claims that protect the token and describe no person. */
const technicalClaims: ReadonlySet<string> = new Set(['nonce', 'at_hash', 'c_hash', 's_hash']);

/**
 * Adds a missing address or name from the userinfo endpoint. The claims that an address is verified
 * always come from the same source as the address.
 */
export function addUserinfo(claims: Claims, { email, email_verified, name, given_name, family_name }: Claims): Claims {
  const { email_verified: _verified, xms_edov: _domainOwnerVerified, ...others } = claims;
  const isNamed = claims.name !== undefined || claims.given_name !== undefined;
  const added = { ...(claims.email === undefined ? { email, email_verified } : {}), ...(isNamed ? {} : { name, given_name, family_name }) };
  const defined = Object.entries(added).filter(([, value]) => value !== undefined);
  return { ...(claims.email === undefined ? others : claims), ...Object.fromEntries(defined) };
}

/**
 * The identity that claims assert, or why they are refused.
 * @param key the provider's preset: `google` needs a Workspace domain
 */
export function readClaims(
  key: string,
  { issuer, domains, acr_values: contexts }: Pick<OidcConfig, 'issuer' | 'domains' | 'acr_values'>,
  claims: Claims,
): VerifiedResponse {
  const { sub, hd, tid } = claims;
  if (typeof sub !== 'string' || sub === '') return { refused: 'The ID token has no subject.' };
  if (key === 'google' && !(typeof hd === 'string' && domains.includes(hd))) {
    return {
      refused: hd === undefined ? 'The account belongs to no Google Workspace domain.' : 'The domain of the account is not allowed.',
    };
  }
  const tenant = entraTenantOf(issuer);
  if (tenant !== null && tid !== tenant) return { refused: 'The account belongs to another tenant.' };
  if (contexts && !contexts.includes(claims.acr as string)) {
    const stated = typeof claims.acr === 'string' ? 'Another one is stated' : 'None is stated';
    return { refused: `The login at the provider has none of the required values of acr. ${stated}.` };
  }
  const email = textOf(claims.email);
  return {
    identity: {
      subject: sub,
      email,
      // An address that the person typed must not lead to an account, so only `true` counts.
      emailVerified: email !== null && (tenant === null ? claims.email_verified === true : claims.xms_edov === true),
      name: nameOf(claims),
      attributes: Object.fromEntries(
        Object.entries(claims)
          .filter(([name]) => !technicalClaims.has(name))
          .map(([name, value]) => [name, valuesOf(value)]),
      ),
      authenticatedAt: typeof claims.auth_time === 'number' ? timeOf(claims.auth_time) : null,
      sessionEndsAt: null,
      sessionIndex: null,
      sid: textOf(claims.sid),
      assertion: null,
    },
  };
}

/** Names are for display only. Some providers assert an address as the name. */
function nameOf({ name, given_name: given, family_name: family }: Claims): string | null {
  const text = textOf(name) ?? textOf([given, family].filter((part) => typeof part === 'string').join(' '));
  return text && withoutDomains(text);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function valuesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(valuesOf);
  return [typeof value === 'string' ? value : JSON.stringify(value)];
}

/** Null for a time that can't be stored, such as one in milliseconds. */
function timeOf(seconds: number): string | null {
  const time = seconds * 1_000;
  return isStorableTime(time) ? new Date(time).toISOString() : null;
}
