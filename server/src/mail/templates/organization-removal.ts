import * as z from 'zod';
import { quotedSchema } from '../quoted.ts';
import { mailTemplate } from '../template.ts';

/** To the owners of an organization that is marked for deletion (REST contract 5.7). */
export const organizationRemoval = mailTemplate({
  params: z.object({ orgName: quotedSchema, removedBy: quotedSchema }),
  compose: ({ orgName, removedBy }, { productName }) => ({
    subject: `Deletion of the organization ${orgName}`,
    before: [
      `${removedBy} has asked for the organization ${orgName} on ${productName} to be deleted.`,
      'In 24 hours it will be gone for good, with its members, teams and projects.',
    ],
    after: ['Until then any owner can restore it. You get this because you are one.'],
  }),
});
