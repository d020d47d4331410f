import * as z from 'zod';
import { inviteLink, inviteTokenSchema } from '../invite-link.ts';
import { describeExpiry, expirySchema } from '../link-expiry.ts';
import { mailTemplate } from '../mail-template.ts';
import { quotedSchema } from '../quoted.ts';

/** Sent to members without 2FA when their organization starts to require it (REST contract 5.6). */
export const secondFactorRequired = mailTemplate({
  params: z.object({ orgName: quotedSchema, invite: inviteTokenSchema, expiresAt: expirySchema }),
  compose: ({ orgName, invite, expiresAt }, context) => ({
    subject: `${orgName} requires two-factor authentication`,
    before: [
      `${orgName} on ${context.productName} now requires two-factor authentication, and your account doesn’t have it yet.`,
      'You can’t open the organization until you set it up. You’ll keep your role and teams.',
    ],
    action: { label: 'Set up two-factor authentication', url: inviteLink(invite, context) },
    after: [`This link ${describeExpiry(expiresAt)}.`],
  }),
});
