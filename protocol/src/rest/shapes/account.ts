import * as z from 'zod';
import type { Why } from '../../can.ts';
import { scope } from './roles.ts';
import { dateTime, id, named, noItems, nothing } from './shape.ts';
import { selfShape } from './users.ts';

/** REST contract 10.3. */
export const rootShape = z.object({
  version: z.literal('0').describe('Version of the API.'),
  auth: z
    .object({ scopes: z.array(scope).describe('The scopes of the token.') })
    .nullable()
    .describe('The token’s scopes. Null for sessions and anonymous callers.'),
  user: selfShape.nullable().describe('The caller’s user. Null without one.'),
  terms: z
    .object({
      termsUrl: z.string().describe('URL of the terms of service.'),
      privacyUrl: z.string().describe('URL of the privacy policy.'),
    })
    .optional()
    .describe('Terms that a user must accept to create an organization. Absent if the server has none.'),
  secondFactorNeeded: z
    .enum(['setup', 'code'])
    .optional()
    .describe('The part that the session lacks of a second factor which the server requires: its set-up, or a code. Absent otherwise.'),
  singleOrganization: z
    .string()
    .nullable()
    .optional()
    .describe('Slug of the default organization, or null if there is none. Absent outside of single-organization mode.'),
});

export const regionsShape = z.object({
  regions: z
    .array(z.object({ name: z.string().describe('Name of the region.'), url: z.string().describe('Base URL for requests to the region.') }))
    .describe('The servers of the installation. This server lists only itself.'),
});
export const clientHealthShape = z.object({ problems: noItems, healthy: nothing });

export const sessionShape = named(
  'Session',
  'A session of a browser.',
  z.object({
    id: id.describe('Id of the session.'),
    dateCreated: dateTime.describe('Time of the login.'),
    dateLastUsed: dateTime.describe('Time of the last request, updated at most once per minute.'),
    expiresAt: dateTime.describe('When the session ends unless it is used again.'),
    ipAddress: z.string().nullable().describe('Address of the last request. Null if it is unknown.'),
    userAgent: z.string().describe('The `User-Agent` header of the last request.'),
    isCurrent: z.boolean().describe('Whether the request uses this session.'),
  }),
);

export const emailShape = named(
  'Email',
  'An email address of a user.',
  z.object({
    id: id.describe('Id of the email address.'),
    email: z.string().describe('The address.'),
    isVerified: z.boolean().describe('Whether the user proved that the address is theirs.'),
    isPrimary: z.boolean().describe('Whether this is the primary address, which receives the user’s mail.'),
    newUntil: dateTime
      .nullable()
      .describe(
        'Until this time, the verified address receives no password reset links. Null if the address is unverified or no longer new.',
      ),
  }),
);

export const totpSetupShape = named(
  'TotpSetup',
  'A started setup of an authenticator app, which `confirmTotp` ends.',
  z.object({
    secret: z.string().describe('Base32, for manual entry.'),
    uri: z.string().describe('An `otpauth://totp/…` URI, for authenticator apps.'),
    setup: z.string().describe('Opaque state of the setup. Send it back with a code of the app.'),
    qr: z.string().describe('The URI as a QR code: a `data:` URL of an SVG image.'),
  }),
);

const base64 = z.string();
const credentialDescriptor = z.object({
  type: z.literal('public-key').describe('The only type.'),
  id: base64.describe('The id of a passkey, in base64url.'),
  transports: z.array(z.string()).describe('The ways in which browsers reach its authenticator.'),
});
const challenge = base64.describe('The random text that the authenticator signs, in base64url. It is valid once, for five minutes.');
const timeout = z.int().describe('The milliseconds for which the browser waits.');

export const passkeyRequestShape = named(
  'PasskeyRequest',
  'The options for `navigator.credentials.get`, in the form that `PublicKeyCredential.parseRequestOptionsFromJSON` reads.',
  z.object({
    challenge,
    timeout,
    rpId: z.string().describe('The host name of this server.'),
    userVerification: z.literal('required').describe('The authenticator verifies its user.'),
    allowCredentials: z.array(credentialDescriptor).describe('Always empty: the user chooses one of their passkeys.'),
  }),
);

export const passkeySetupShape = named(
  'PasskeySetup',
  'The options for `navigator.credentials.create`, in the form that `PublicKeyCredential.parseCreationOptionsFromJSON` reads.',
  z.object({
    challenge,
    timeout,
    rp: z
      .object({ id: z.string().describe('The host name of this server.'), name: z.string().describe('The name of this server.') })
      .describe('The relying party.'),
    user: z
      .object({
        id: base64.describe('A random id, in base64url, by which authenticators know the user.'),
        name: z.string().describe('The primary address of the user.'),
        displayName: z.string().describe('The same.'),
      })
      .describe('The user.'),
    pubKeyCredParams: z
      .array(z.object({ type: z.literal('public-key').describe('The only type.'), alg: z.int().describe('The algorithm’s COSE number.') }))
      .describe('The accepted signature algorithms.'),
    excludeCredentials: z.array(credentialDescriptor).describe('The passkeys of the user, whose authenticators need no second one.'),
    authenticatorSelection: z
      .object({
        residentKey: z.literal('required').describe('The authenticator stores the passkey, so that a login needs no name.'),
        requireResidentKey: z.literal(true).describe('The same, for older browsers.'),
        userVerification: z.literal('required').describe('The authenticator verifies its user.'),
      })
      .describe('The authenticators that may be used.'),
    attestation: z.literal('none').describe('The authenticator doesn’t prove its model.'),
  }),
);

export const newPasskeyShape = named(
  'NewPasskey',
  'A passkey that was added.',
  z.object({
    id: id.describe('Id of the passkey.'),
    codes: z
      .array(z.string())
      .nullable()
      .describe('New recovery codes, which only this response contains. Null if the user already had recovery codes.'),
  }),
);

export const recoveryCodesShape = named(
  'RecoveryCodes',
  'New recovery codes for a login without the authenticator app or the passkey.',
  z.object({ codes: z.array(z.string()).describe('Only this response contains the codes. Each works once.') }),
);

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
  'Whether the caller has a permission, and why.',
  z.object({
    allowed: z.boolean().describe('Whether the caller has the permission.'),
    why: z.enum(reasons).describe('The rule that grants the permission, or the reason for the denial.'),
    revision: z.int().min(0).describe('The organization’s revision at the time of the decision.'),
  }),
);

/** REST contract 13.17. */
export const erasureShape = named(
  'Erasure',
  'The erasure of a user, with its state in each organization.',
  z.object({
    id: id.describe('The erased user.'),
    status: z
      .enum(['running', 'refused', 'rewriting', 'done'])
      .describe(
        '`running`: memberships end. `refused`: an organization refuses since it has changed, and is tried again. `rewriting`: only the history of organizations is left. `done`: complete.',
      ),
    dateRequested: dateTime.describe('When the erasure was accepted. The user has had no access since.'),
    organizations: z.array(id).describe('The organizations with data of the user.'),
    steps: z
      .array(
        z.object({
          organization: id.describe('The organization.'),
          status: z
            .enum(['pending', 'refused', 'rewriting', 'done'])
            .describe(
              '`pending`: nothing is done yet. `refused`: see `refusal`. `rewriting`: the membership has ended, and the history is rewritten in the background. `done`: complete.',
            ),
          refusal: z.string().nullable().describe('The code of the error with which the organization refuses. Null without one.'),
          changedRecords: z.int().min(0).describe('The records of the organization that were changed or removed, without its history.'),
        }),
      )
      .describe('The state in each organization.'),
    backups: z.string().describe('A text that names what is not rewritten, such as backups.'),
  }),
);
