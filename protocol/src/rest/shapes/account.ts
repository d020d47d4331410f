import * as z from 'zod';
import type { Why } from '../../can.ts';
import { scope } from './roles.ts';
import { dateTime, id, named, noItems, nothing } from './shape.ts';
import { selfShape } from './users.ts';

/** REST contract 10.3. */
export const rootShape = z.object({
  version: z.literal('0'),
  auth: z
    .object({ scopes: z.array(scope) })
    .nullable()
    .describe('What the token may do; null for a session, and for nobody.'),
  user: selfShape.nullable(),
  terms: z
    .object({ termsUrl: z.string(), privacyUrl: z.string() })
    .optional()
    .describe('What a user must agree to who creates an organization, where there is anything.'),
  singleOrganization: z.string().nullable().optional().describe('Its slug, in single-organization mode only; null while there is none.'),
});

export const regionsShape = z.object({ regions: z.array(z.object({ name: z.string(), url: z.string() })) });
export const clientHealthShape = z.object({ problems: noItems, healthy: nothing });

export const sessionShape = named(
  'Session',
  z.object({
    id,
    dateCreated: dateTime,
    dateLastUsed: dateTime,
    expiresAt: dateTime,
    ipAddress: z.string().nullable(),
    userAgent: z.string(),
    isCurrent: z.boolean().describe('The one that asks.'),
  }),
);

export const emailShape = named(
  'Email',
  z.object({
    id,
    email: z.string(),
    isVerified: z.boolean(),
    isPrimary: z.boolean(),
    newUntil: dateTime.nullable().describe('Until then a verified address gets no links for a password. Null when it is not new.'),
  }),
);

export const totpSetupShape = named(
  'TotpSetup',
  z.object({
    secret: z.string().describe('Base32, for typing in.'),
    uri: z.string().describe('`otpauth://totp/…`, for apps.'),
    setup: z.string().describe('To be sent back with a code of the app.'),
    qr: z.string().describe('The URI as a QR code: a data URL of an SVG image.'),
  }),
);

export const recoveryCodesShape = named(
  'RecoveryCodes',
  z.object({ codes: z.array(z.string()).describe('Shown this once. Each works once.') }),
);
export const totpSecretShape = z.object({ secret: z.string().describe('Base32.') });

const reasons = [
  'org-role',
  'team-role',
  'token-scopes',
  'no-organization',
  'not-a-member',
  'pending',
  'user-inactive',
  'two-factor-required',
  'missing-scope',
  'not-on-team',
  'no-team',
  'no-project',
] as const satisfies readonly Why[];

/** The server's decision for `can`. */
export const decisionShape = named(
  'Decision',
  z.object({
    allowed: z.boolean(),
    why: z.enum(reasons).describe('What allows it, or what is missing.'),
    revision: z.int().min(0).describe('The organization’s, at which this was so.'),
  }),
);
