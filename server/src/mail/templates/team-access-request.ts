import * as z from 'zod';
import { mailTemplate } from '../mail-template.ts';
import { namedUserSchema } from '../named-user.ts';
import { quotedSchema } from '../quoted.ts';

/** Sent to the people who can approve it when a member asks to join a team (REST contract 8.4). */
export const teamAccessRequest = mailTemplate({
  params: z.object({ orgName: quotedSchema, teamSlug: quotedSchema, memberName: quotedSchema, namedUserId: namedUserSchema }),
  compose: ({ orgName, teamSlug, memberName }, { productName }) => ({
    subject: `Request to join the team ${teamSlug} in ${orgName}`,
    before: [`${memberName} asked to join the team ${teamSlug} in ${orgName} on ${productName}.`],
    after: ['You’re receiving this email because owners, managers and team admins can approve or deny the request.'],
  }),
});
