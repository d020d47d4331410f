import * as z from 'zod';
import { quotedSchema } from '../quoted.ts';
import { mailTemplate } from '../template.ts';

/** To those who may approve it, when a member asks for somebody to be invited (REST contract 7.2). */
export const inviteRequest = mailTemplate({
  params: z.object({ orgName: quotedSchema, email: quotedSchema, requesterName: quotedSchema }),
  compose: ({ orgName, email, requesterName }, { productName }) => ({
    subject: `Access request to ${orgName}`,
    before: [`${requesterName} asks you to invite ${email} to the organization ${orgName} on ${productName}.`],
    after: ['Owners and managers can approve or refuse the request.'],
  }),
});
