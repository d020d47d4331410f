import * as z from 'zod';
import { normalizeType } from '../identity/tokens/token-rules.ts';
import type { TrustedIssuerSettings, UserRule } from '../identity/tokens/trusted-issuer.ts';
import { ConfigError } from './config-error.ts';
import { optional, urlOf, wholeNumber, withDefault, words } from './variables.ts';

/** The settings for tokens of another issuer. */

/** A year. No access token lives longer, so that a larger number is a mistake in the unit. */
const ageSecondsMax = 31_536_000;

const userRule = z
  .string()
  .regex(/^(email|id|external):\S+$/, 'must be email:<claim>, id:<claim> or external:<claim>')
  .transform((text): UserRule => {
    const colon = text.indexOf(':');
    return { by: text.slice(0, colon) as UserRule['by'], claim: text.slice(colon + 1) };
  });

export const issuerVariables = {
  JWT_ISSUER: optional(z.string()),
  JWT_AUDIENCE: optional(z.string()),
  JWT_JWKS_URL: optional(urlOf('http:', 'https:')),
  JWT_USER: withDefault(userRule, 'email:email'),
  JWT_TYPE: optional(
    z
      .string()
      .regex(/^[\w.+-]+(\/[\w.+-]+)?$/, 'must be any, or a media type such as at+jwt')
      .transform(normalizeType),
  ),
  JWT_SCOPES: withDefault(z.string().regex(/^\S+$/, 'must be ignore, or the name of a claim'), 'ignore'),
  JWT_ACR: withDefault(words, ''),
  JWT_AUTH_TIME: withDefault(z.enum(['ignore', 'require'], { error: 'must be ignore or require' }), 'ignore'),
  JWT_MAX_AGE: optional(wholeNumber({ max: ageSecondsMax }, 'a whole number of seconds')),
};

/**
 * Requires the first three variables or none. A token without an audience would be valid at every
 * service that trusts the issuer.
 */
export function readTrustedIssuer(values: z.output<z.ZodObject<typeof issuerVariables>>): TrustedIssuerSettings | null {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_JWKS_URL: jwksUrl, JWT_USER: user } = values;
  if (issuer === undefined && audience === undefined && jwksUrl === undefined) return null;
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) {
    throw new ConfigError('JWT_ISSUER, JWT_AUDIENCE and JWT_JWKS_URL must be set together. Set all three or none');
  }
  const rules = {
    type: values.JWT_TYPE ?? null,
    scopesClaim: values.JWT_SCOPES === 'ignore' ? null : values.JWT_SCOPES,
    secondFactorAcr: values.JWT_ACR,
    needsAuthTime: values.JWT_AUTH_TIME === 'require',
    ageSecondsMax: values.JWT_MAX_AGE ?? null,
  };
  return { issuer, audience, jwksUrl, user, rules };
}
