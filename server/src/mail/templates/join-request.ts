import * as z from 'zod';
import { quotedSchema } from '../quoted.ts';
import { mailTemplate } from '../template.ts';

/** To those who may approve it, when a visitor asks to be let in (REST contract 7.3). */
export const joinRequest = mailTemplate({
  params: z.object({ orgName: quotedSchema, email: quotedSchema }),
  compose: ({ orgName, email }, { productName }) => ({
    subject: `Access request to ${orgName}`,
    before: [`${email} asks to join the organization ${orgName} on ${productName}.`],
    after: ['Owners and managers can approve or refuse the request.'],
  }),
});
