import * as z from 'zod';
import { mailTemplate } from '../template.ts';

/** To those who may approve it, when somebody asks for a place on a team (spec: 8.4). */
export const teamAccessRequest = mailTemplate({
  params: z.object({ orgName: z.string(), teamSlug: z.string(), memberName: z.string() }),
  compose: ({ orgName, teamSlug, memberName }) => ({
    subject: `Access request to the team ${teamSlug} of ${orgName}`,
    before: [`${memberName} asks to join the team ${teamSlug} of the organization ${orgName}.`],
    after: ['Owners, managers and the admins of the team can approve or refuse the request.'],
  }),
});
