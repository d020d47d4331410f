import * as z from 'zod';
import { quotedSchema } from '../quoted.ts';
import { mailTemplate } from '../template.ts';

/** To those who may approve it, when somebody asks for a place on a team (REST contract 8.4). */
export const teamAccessRequest = mailTemplate({
  params: z.object({ orgName: quotedSchema, teamSlug: quotedSchema, memberName: quotedSchema }),
  compose: ({ orgName, teamSlug, memberName }, { productName }) => ({
    subject: `Access request to the team ${teamSlug} of ${orgName}`,
    before: [`${memberName} asks to join the team ${teamSlug} of the organization ${orgName} on ${productName}.`],
    after: ['Owners, managers and the admins of the team can approve or refuse the request.'],
  }),
});
