import * as z from 'zod';
import { mailTemplate } from '../template.ts';

/** To those who may approve it, when a visitor asks to be let in (spec: 7.3). */
export const joinRequest = mailTemplate({
  params: z.object({ orgName: z.string(), email: z.string() }),
  compose: ({ orgName, email }) => ({
    subject: `Access request to ${orgName}`,
    before: [`${email} asks to join the organization ${orgName}.`],
    after: ['Owners and managers can approve or refuse the request.'],
  }),
});
