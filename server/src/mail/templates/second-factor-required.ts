import * as z from 'zod';
import { inviteLink, inviteTokenSchema } from '../invite-link.ts';
import { quotedSchema } from '../quoted.ts';
import { mailTemplate } from '../template.ts';

/** To a member without a second factor when their organization begins to require one (REST contract 5.6). */
export const secondFactorRequired = mailTemplate({
  params: z.object({ orgName: quotedSchema, invite: inviteTokenSchema }),
  compose: ({ orgName, invite }, links) => ({
    subject: `${orgName} requires two-factor authentication`,
    before: [
      `The organization ${orgName} on ${links.productName} now requires two-factor authentication, which your account does not have yet.`,
      'You were removed from it until you set it up. Your role and teams are kept.',
    ],
    action: { label: `Set up two-factor authentication and join ${orgName} again`, url: inviteLink(invite, links) },
    after: ['The link is valid for 30 days.'],
  }),
});
