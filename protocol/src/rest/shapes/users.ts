import * as z from 'zod';
import { alwaysFalse, alwaysNull, dateTime, id, named, noItems, nothing } from './shape.ts';

export const avatarShape = named(
  'Avatar',
  'A generated avatar.',
  z.object({
    avatarType: z.literal('letter_avatar').describe('Always an image of letters.'),
    avatarUuid: alwaysNull,
    avatarUrl: alwaysNull,
  }),
);

/** REST contract 6.2. Fields that the server does not store are constant. */
export const userShape = named(
  'User',
  'A user as other members see them.',
  z.object({
    id: id.describe('Id of the user.'),
    name: z.string().nullable().describe('The email address if the user has no name.'),
    username: z.string().nullable().describe('The primary email address. Null if the caller may not see it.'),
    email: z.string().nullable().describe('The primary email address.'),
    avatarUrl: alwaysNull,
    isActive: z.boolean().describe('False if the operator disabled the user.'),
    isManaged: alwaysFalse,
    hasPasswordAuth: z.boolean().describe('Whether the user has a password.'),
    dateJoined: dateTime.nullable().describe('When the user was created. Null if the caller may not see it.'),
    lastLogin: alwaysNull,
    has2fa: z.boolean().describe('Whether the user has a second factor. Recovery codes alone do not count.'),
    lastActive: alwaysNull,
    isSuperuser: alwaysFalse,
    isStaff: alwaysFalse,
    isSuspended: alwaysFalse,
    experiments: nothing,
    avatar: avatarShape,
  }),
);

export const authenticatorShape = named(
  'Authenticator',
  'A second factor of a user.',
  z.object({
    id: id.describe('Id of the second factor.'),
    type: z.string().describe('`totp`, `webauthn` (a passkey) or `recovery`.'),
    name: z.string().describe('Display name of the second factor.'),
    dateCreated: dateTime.describe('When the second factor was set up.'),
    dateUsed: alwaysNull,
  }),
);

export const ownAuthenticatorShape = named(
  'OwnAuthenticator',
  'A second factor of the caller.',
  authenticatorShape.extend({
    name: z.string().describe('Display name. Its user chooses that of a passkey.'),
    dateUsed: dateTime.nullable().describe('The last login with a passkey. Null for other types, and before the first login.'),
    codesLeft: z.int().min(0).nullable().describe('The number of recovery codes that were not used yet. Null for other types.'),
  }),
);

/** A user as seen by callers who may assign roles (REST contract 6.4). */
export const fullUserShape = named(
  'FullUser',
  'A user with their second factors.',
  userShape.extend({
    authenticators: z.array(authenticatorShape).describe('The second factors of the user.'),
    canReset2fa: z.boolean().describe('Whether the caller may reset the second factor of this member.'),
  }),
);

/** REST contract 10.3. */
export const selfShape = named(
  'Self',
  'The caller’s own user.',
  fullUserShape.extend({
    emails: z
      .array(
        z.object({
          id: id.describe('Id of the email address.'),
          email: z.string().describe('The address.'),
          is_verified: z.boolean().describe('Whether the user proved that the address is theirs.'),
        }),
      )
      .describe('The email addresses of the user.'),
    identities: noItems,
    permissions: noItems,
    options: z
      .object({
        theme: z.literal('system').describe('Always this value.'),
        language: z.literal('en').describe('Always this value.'),
        stacktraceOrder: z.literal(-1).describe('Always this value.'),
        defaultIssueEvent: z.literal('recommended').describe('Always this value.'),
        timezone: z.literal('UTC').describe('Always this value.'),
        clock24Hours: alwaysFalse,
        prefersIssueDetailsStreamlinedUI: alwaysNull,
      })
      .describe('Constant values that clients of Sentry expect.'),
    flags: z.object({ newsletter_consent_prompt: alwaysFalse }).describe('Constant values that clients of Sentry expect.'),
  }),
);
