import * as z from 'zod';
import { mailTemplate } from '../mail-template.ts';
import { namedUserSchema } from '../named-user.ts';
import { quotedSchema } from '../quoted.ts';

/** Sent to the owners of an organization when a token is created for it (REST contract 10.1). */
export const orgTokenCreated = mailTemplate({
  params: z.object({
    orgName: quotedSchema,
    tokenName: quotedSchema,
    createdBy: quotedSchema,
    namedUserId: namedUserSchema,
    scopes: z.array(z.string()),
  }),
  compose: ({ orgName, tokenName, createdBy, scopes }, { productName }) => ({
    subject: `New organization token for ${orgName}`,
    before: [
      `${createdBy} created the organization token “${tokenName}” for ${orgName} on ${productName}.`,
      `Anyone who has the token can use these scopes: ${scopes.join(', ')}.`,
      'If you didn’t expect it, remove it on the Tokens page of the organization.',
    ],
    after: ['You’re receiving this email because you’re an owner of the organization.'],
  }),
});
