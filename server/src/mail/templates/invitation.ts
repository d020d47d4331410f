import * as z from 'zod';
import { inviteLink, inviteTokenSchema } from '../invite-link.ts';
import { describeExpiry, expirySchema } from '../link-expiry.ts';
import { mailTemplate } from '../mail-template.ts';
import { namedUserSchema } from '../named-user.ts';
import { quotedSchema } from '../quoted.ts';

/**
 * Sent to a person who is invited to an organization (REST contract 6.3, which fixes the subject).
 */
export const invitation = mailTemplate({
  params: z.object({
    orgName: quotedSchema,
    invite: inviteTokenSchema,
    /** Null if the organization has enhanced privacy. */
    inviterName: quotedSchema.nullable(),
    namedUserId: namedUserSchema,
    expiresAt: expirySchema,
  }),
  compose: ({ orgName, invite, inviterName, expiresAt }, context) => ({
    subject: `Join ${orgName} on ${context.productName}`,
    before: [`${inviterName ?? 'An administrator'} invited you to join ${orgName} on ${context.productName}.`],
    action: { label: 'Accept invitation', url: inviteLink(invite, context) },
    after: [`This invitation ${describeExpiry(expiresAt)}. If you weren’t expecting it, you can ignore this email.`],
  }),
});
