import * as z from 'zod';
import { mailTemplate } from '../template.ts';

/** To those who may approve it, when a member asks for somebody to be invited (spec: 7.2). */
export const inviteRequest = mailTemplate({
  params: z.object({ orgName: z.string(), email: z.string(), requesterName: z.string() }),
  compose: ({ orgName, email, requesterName }) => ({
    subject: `Access request to ${orgName}`,
    before: [`${requesterName} asks you to invite ${email} to the organization ${orgName}.`],
    after: ['Owners and managers can approve or refuse the request.'],
  }),
});
