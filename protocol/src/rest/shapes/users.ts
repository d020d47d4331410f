import * as z from 'zod';
import { dateTime, id, named, noItems, nothing } from './shape.ts';

export const avatarShape = named('Avatar', z.object({ avatarType: z.literal('letter_avatar'), avatarUuid: z.null(), avatarUrl: z.null() }));

/** REST contract 6.2. Fields that the server does not store are constant. */
export const userShape = named(
  'User',
  z.object({
    id,
    name: z.string().nullable().describe('The email address if the user has no name.'),
    username: z.string().nullable(),
    email: z.string().nullable().describe('The primary email address.'),
    avatarUrl: z.null(),
    isActive: z.boolean().describe('False if the operator disabled the user.'),
    isManaged: z.literal(false),
    hasPasswordAuth: z.boolean(),
    dateJoined: dateTime.nullable(),
    lastLogin: z.null(),
    has2fa: z.boolean().describe('Whether the user has a second factor. Recovery codes alone do not count.'),
    lastActive: z.null(),
    isSuperuser: z.literal(false),
    isStaff: z.literal(false),
    isSuspended: z.literal(false),
    experiments: nothing,
    avatar: avatarShape,
  }),
);

export const authenticatorShape = named(
  'Authenticator',
  z.object({ id, type: z.string().describe('`totp` or `recovery`.'), name: z.string(), dateCreated: dateTime, dateUsed: z.null() }),
);

/** A user as seen by callers who may assign roles (REST contract 6.4). */
export const fullUserShape = named(
  'FullUser',
  userShape.extend({
    authenticators: z.array(authenticatorShape),
    canReset2fa: z.boolean().describe('Whether the caller may reset the second factor of this member.'),
  }),
);

/** REST contract 10.3. */
export const selfShape = named(
  'Self',
  fullUserShape.extend({
    emails: z.array(z.object({ id, email: z.string(), is_verified: z.boolean() })),
    identities: noItems,
    permissions: noItems,
    options: z.object({
      theme: z.literal('system'),
      language: z.literal('en'),
      stacktraceOrder: z.literal(-1),
      defaultIssueEvent: z.literal('recommended'),
      timezone: z.literal('UTC'),
      clock24Hours: z.literal(false),
      prefersIssueDetailsStreamlinedUI: z.null(),
    }),
    flags: z.object({ newsletter_consent_prompt: z.literal(false) }),
  }),
);
