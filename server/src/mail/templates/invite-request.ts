import * as z from 'zod';
import { mailTemplate } from '../mail-template.ts';
import { namedUserSchema } from '../named-user.ts';
import { quotedSchema } from '../quoted.ts';

/** Sent to owners and managers when a member asks them to invite a person (REST contract 7.2). */
export const inviteRequest = mailTemplate({
  params: z.object({ orgName: quotedSchema, email: quotedSchema, requesterName: quotedSchema, namedUserId: namedUserSchema }),
  compose: ({ orgName, email, requesterName }, { productName }) => ({
    subject: `Access request to ${orgName}`,
    before: [`${requesterName} asked to invite ${email} to ${orgName} on ${productName}.`],
    after: ['You’re receiving this email because owners and managers can approve or deny the request.'],
  }),
});
