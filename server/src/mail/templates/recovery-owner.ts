import * as z from 'zod';
import { mailTemplate } from '../mail-template.ts';
import { namedUserSchema } from '../named-user.ts';
import { quotedSchema } from '../quoted.ts';

const sentences = {
  login: 'logged in with a password instead of single sign-on, as a recovery owner.',
  'second-factor-removed': 'is a recovery owner and no longer has two-factor authentication.',
} as const;

const advice = {
  login: 'If you didn’t expect this, ask them, and check the audit log.',
  'second-factor-removed':
    'Until they set up two-factor authentication again, they can only log in with single sign-on. Make sure that another recovery owner has two-factor authentication.',
} as const;

export type RecoveryEvent = keyof typeof sentences;

/** Sent to the owners of an organization that requires single sign-on (REST contract 13.5). */
export const recoveryOwner = mailTemplate({
  params: z.object({
    orgName: quotedSchema,
    memberName: quotedSchema,
    namedUserId: namedUserSchema,
    event: z.enum(Object.keys(sentences) as [RecoveryEvent, ...RecoveryEvent[]]),
  }),
  compose: ({ orgName, memberName, event }, { productName }) => ({
    subject: event === 'login' ? `Recovery login to ${orgName}` : `A recovery owner of ${orgName} can’t log in`,
    before: [`${memberName} ${sentences[event]}`, `The organization ${orgName} on ${productName} requires single sign-on.`],
    after: [advice[event], 'You’re receiving this email because you’re an owner of the organization.'],
  }),
});
