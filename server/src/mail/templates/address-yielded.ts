import * as z from 'zod';
import { mailTemplate } from '../mail-template.ts';
import { namedUserSchema } from '../named-user.ts';
import { quotedSchema } from '../quoted.ts';

/**
 * Sent to an organization's owners when another person proves the unverified address of a member
 * (REST contract 13.8).
 */
export const addressYielded = mailTemplate({
  params: z.object({
    orgName: quotedSchema,
    orgSlug: z.string(),
    memberId: z.string(),
    memberName: quotedSchema,
    namedUserId: namedUserSchema,
    email: quotedSchema,
  }),
  compose: ({ orgName, orgSlug, memberId, memberName, email }, { productName, publicUrl }) => ({
    subject: `A member of ${orgName} no longer has the address ${email}`,
    before: [
      `The identity provider of ${orgName} had given the address ${email} to its member ${memberName || `number ${memberId}`}. Another person has now proved on ${productName} that the address is theirs.`,
      'The member keeps their role and their login, and has no address on this server now.',
      'Check at your identity provider which address this person has. If you don’t know the person, remove the member.',
    ],
    action: { label: 'Open the member list', url: `${publicUrl}/organizations/${orgSlug}/members/` },
    after: ['You’re receiving this email because you’re an owner of the organization.'],
  }),
});
