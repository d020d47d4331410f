import * as z from 'zod';
import { mailTemplate } from '../../../mail/mail-template.ts';
import { quotedSchema } from '../../../mail/quoted.ts';

/**
 * Sent to members without a linked identity: when single sign-on becomes required, and when an
 * administrator reminds them (REST contract 6.5, 13.5). The link contains no token, because the
 * login at the provider proves who follows it.
 */
export const ssoLink = mailTemplate({
  params: z.object({ orgName: quotedSchema, orgSlug: z.string(), providerName: quotedSchema, isRequired: z.boolean() }),
  compose: ({ orgName, orgSlug, providerName, isRequired }, { productName, publicUrl }) => ({
    subject: isRequired ? `${orgName} requires single sign-on` : `Link your account for ${orgName}`,
    before: [
      isRequired
        ? `${orgName} on ${productName} now requires a login through ${providerName}, and your account isn’t linked to it yet.`
        : `${orgName} on ${productName} uses ${providerName} to log in, and your account isn’t linked to it yet.`,
      isRequired
        ? 'You can’t open the organization until you link it. You’ll keep your role and teams.'
        : 'Link it to log in to the organization through your identity provider.',
    ],
    action: { label: `Log in through ${providerName}`, url: `${publicUrl}/auth/login/${orgSlug}/` },
    after: ['You may have to log in with your password once, so that your account can be linked.'],
  }),
});
