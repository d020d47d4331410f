import * as z from 'zod';
import { mailTemplate } from '../mail-template.ts';
import { namedUserSchema } from '../named-user.ts';
import { quotedSchema } from '../quoted.ts';

/** Sent to the owners of an organization that was scheduled for deletion (REST contract 5.7). */
export const organizationRemoval = mailTemplate({
  params: z.object({ orgName: quotedSchema, removedBy: quotedSchema, namedUserId: namedUserSchema }),
  compose: ({ orgName, removedBy }, { productName }) => ({
    subject: `${orgName} will be deleted in 24 hours`,
    before: [
      `${removedBy} scheduled the organization ${orgName} on ${productName} for deletion.`,
      'In 24 hours, it will be permanently deleted with all its teams and projects, and its members will lose access.',
      'Until then, any owner can restore it.',
    ],
    after: ['You’re receiving this email because you’re an owner of the organization.'],
  }),
});
