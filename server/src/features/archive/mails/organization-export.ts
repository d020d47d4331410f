import * as z from 'zod';
import { mailTemplate } from '../../../mail/mail-template.ts';
import { namedUserSchema } from '../../../mail/named-user.ts';
import { quotedSchema } from '../../../mail/quoted.ts';

/** Sent to an organization's owners when its data is exported (REST contract 13.16). */
export const organizationExport = mailTemplate({
  params: z.object({ orgName: quotedSchema, orgSlug: z.string(), requestedBy: quotedSchema, namedUserId: namedUserSchema }),
  compose: ({ orgName, orgSlug, requestedBy }, { productName, publicUrl }) => ({
    subject: `The data of ${orgName} is being exported`,
    before: [
      `${requestedBy} requested a file with the data of ${orgName} on ${productName}: its members, teams, projects, settings and audit log.`,
      'Owners can download the file for 24 hours. If you didn’t expect this, ask the person who requested it, and review the list of owners.',
    ],
    action: { label: 'Open the Retention page', url: `${publicUrl}/organizations/${orgSlug}/retention/` },
    after: ['You’re receiving this email because you’re an owner of the organization.'],
  }),
});
