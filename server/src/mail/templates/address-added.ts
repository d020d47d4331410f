import * as z from 'zod';
import { emailTokenLink, emailTokenSchema } from '../email-token-link.ts';
import { quotedSchema } from '../quoted.ts';
import { mailTemplate } from '../template.ts';

/** To the primary address of an account that got another one. */
export const addressAdded = mailTemplate({
  params: z.object({ email: quotedSchema, event: z.enum(['added', 'verified']), removal: emailTokenSchema }),
  compose: ({ email, event, removal }, links) => ({
    subject: event === 'added' ? 'An address was added to your account' : 'An address of your account was verified',
    before: [
      event === 'added'
        ? `The address ${email} was added to your ${links.productName} account at ${links.publicUrl}.`
        : `The address ${email} of your ${links.productName} account at ${links.publicUrl} was verified. In 7 days it can be used to set another password.`,
      'If you did this, there is nothing to do. If you did not, remove the address. That also logs you out everywhere; then set another password.',
    ],
    action: { label: 'Remove the address', url: emailTokenLink('remove-email', 'removal', removal, links) },
    after: ['The link works once, within 14 days, and without logging in.'],
  }),
});
