import * as z from 'zod';
import { emailTokenLink, emailTokenSchema } from '../email-token-link.ts';
import { mailTemplate } from '../template.ts';

/** To an address of a user for whom somebody asked for another password. */
export const passwordReset = mailTemplate({
  params: z.object({ reset: emailTokenSchema }),
  compose: ({ reset }, links) => ({
    subject: 'Set another password',
    before: [`Somebody has asked for another password for your ${links.productName} account at ${links.publicUrl}.`],
    action: { label: 'Set another password', url: emailTokenLink('reset-password', 'password-reset', reset, links) },
    after: ['The link works once, within an hour. If it was not you, there is nothing to do: your password stays as it is.'],
  }),
});
