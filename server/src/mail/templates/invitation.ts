import * as z from 'zod';
import { inviteLink, inviteTokenSchema } from '../invite-link.ts';
import { quotedSchema } from '../quoted.ts';
import { mailTemplate } from '../template.ts';

/** To somebody who is invited into an organization (REST contract 6.3). */
export const invitation = mailTemplate({
  params: z.object({
    orgName: quotedSchema,
    invite: inviteTokenSchema,
    /** Null where the organization keeps its people's names to itself. */
    inviterName: quotedSchema.nullable(),
  }),
  compose: ({ orgName, invite, inviterName }, links) => ({
    subject: `Join ${orgName} on ${links.productName}`,
    before: [`${inviterName ?? 'An administrator'} has invited you to join the organization ${orgName} on ${links.productName}.`],
    action: { label: 'Accept the invitation', url: inviteLink(invite, links) },
    after: ['The invitation is valid for 30 days. If you do not know what this is about, you can ignore it.'],
  }),
});
