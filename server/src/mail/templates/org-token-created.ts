import * as z from 'zod';
import { mailTemplate } from '../template.ts';

/** To the owners of an organization that has a new token (spec: 10.1). */
export const orgTokenCreated = mailTemplate({
  params: z.object({ orgName: z.string(), tokenName: z.string(), createdBy: z.string(), scopes: z.array(z.string()) }),
  compose: ({ orgName, tokenName, createdBy, scopes }) => ({
    subject: `A new organization token was created for ${orgName}`,
    before: [
      `${createdBy} has created the organization token "${tokenName}" for ${orgName}.`,
      `Whoever has it may use it with the scopes ${scopes.join(', ')}.`,
      'If nobody should have done so, delete the token in the settings of the organization.',
    ],
    after: ['You get this because you are an owner of the organization.'],
  }),
});
