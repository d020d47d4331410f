import * as z from 'zod';
import { mailTemplate } from '../mail-template.ts';
import { quotedSchema } from '../quoted.ts';

/** Sent to owners and managers when a visitor asks to join (REST contract 7.3). */
export const joinRequest = mailTemplate({
  params: z.object({ orgName: quotedSchema, email: quotedSchema }),
  compose: ({ orgName, email }, { productName }) => ({
    subject: `Access request to ${orgName}`,
    before: [`${email} asked to join ${orgName} on ${productName}.`],
    after: ['You’re receiving this email because owners and managers can approve or deny the request.'],
  }),
});
