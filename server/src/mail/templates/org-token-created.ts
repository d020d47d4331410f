import * as z from 'zod';
import { quotedSchema } from '../quoted.ts';
import { mailTemplate } from '../template.ts';

/** To the owners of an organization that has a new token (REST contract 10.1). */
export const orgTokenCreated = mailTemplate({
  params: z.object({ orgName: quotedSchema, tokenName: quotedSchema, createdBy: quotedSchema, scopes: z.array(z.string()) }),
  compose: ({ orgName, tokenName, createdBy, scopes }, { productName }) => ({
    subject: `A new organization token was created for ${orgName}`,
    before: [
      `${createdBy} has created the organization token "${tokenName}" for ${orgName} on ${productName}.`,
      `Whoever has it may use it with the scopes ${scopes.join(', ')}.`,
      'If nobody should have done so, delete the token in the settings of the organization.',
    ],
    after: ['You get this because you are an owner of the organization.'],
  }),
});
