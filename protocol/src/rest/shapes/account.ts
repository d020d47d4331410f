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
    .describe('The token’s scopes. Null for sessions and anonymous callers.'),
  user: selfShape.nullable(),
  terms: z
    .object({ termsUrl: z.string(), privacyUrl: z.string() })
    .optional()
    .describe('Terms that a user must accept to create an organization. Absent if the server has none.'),
  singleOrganization: z
    .string()
    .nullable()
    .optional()
    .describe('Slug of the default organization, or null if there is none. Absent outside of single-organization mode.'),
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
    isCurrent: z.boolean().describe('Whether the request uses this session.'),
  }),
);

export const emailShape = named(
  'Email',
  z.object({
    id,
    email: z.string(),
    isVerified: z.boolean(),
    isPrimary: z.boolean(),
    newUntil: dateTime
      .nullable()
      .describe(
        'Until this time, the verified address receives no password reset links. Null if the address is unverified or no longer new.',
      ),
  }),
);

export const totpSetupShape = named(
  'TotpSetup',
  z.object({
    secret: z.string().describe('Base32, for manual entry.'),
    uri: z.string().describe('An `otpauth://totp/…` URI, for authenticator apps.'),
    setup: z.string().describe('Opaque state of the setup. Send it back with a code of the app.'),
    qr: z.string().describe('The URI as a QR code: a `data:` URL of an SVG image.'),
  }),
);

export const recoveryCodesShape = named(
  'RecoveryCodes',
  z.object({ codes: z.array(z.string()).describe('Only this response contains the codes. Each works once.') }),
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
    why: z.enum(reasons).describe('The rule that grants the permission, or the reason for the denial.'),
    revision: z.int().min(0).describe('The organization’s revision at the time of the decision.'),
  }),
);

/** REST contract 13.17. */
export const erasureShape = named(
  'Erasure',
  z.object({
    id: id.describe('The erased user.'),
    organizations: z.array(id).describe('Organizations whose history is rewritten in the background.'),
    backups: z.string().describe('States what is not rewritten.'),
  }),
);
