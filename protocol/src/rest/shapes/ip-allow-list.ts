import * as z from 'zod';
import { authProviderFields, verifiedDomainFields } from './security-fields.ts';
import { dateTime, id, named } from './shape.ts';

const addressRuleShape = z.object({
  id: id.describe('Id of the rule.'),
  cidr: z.string().describe('An address or a network in its normal form.'),
  description: z.string().describe('A note for administrators.'),
  expiresAt: dateTime.nullable().describe('The rule is removed at this time.'),
});

const listFields = {
  isEnabled: z.boolean().describe('Whether callers from other addresses are refused.'),
  rules: z.array(addressRuleShape).describe('The allowed addresses and networks.'),
};

const address = z.string().nullable().describe('Null if the address is unknown.');

const you = z
  .object({
    address,
    isIncluded: z.boolean().describe('Whether the rules include this address, regardless of whether the list is on.'),
  })
  .describe('The caller’s own address.');

const warning = z
  .string()
  .nullable()
  .describe('Set if the caller’s address looks like that of a proxy, so that the server may not see the addresses of its clients.');

/** REST contract 13.3. */
export const ipAllowListShape = named(
  'IpAllowList',
  'The addresses from which an organization can be reached.',
  z.object({ ...listFields, you, warning }),
);

export const ipAllowListPreviewShape = named(
  'IpAllowListPreview',
  'The effects of a draft of the list of allowed addresses.',
  z.object({
    you,
    warning,
    live: z
      .array(
        z.object({
          address,
          isIncluded: z.boolean().describe('Whether the rules of the draft include the address.'),
          users: z.array(id).describe('Ids of the users.'),
          tokens: z.array(id).describe('Ids of the organization tokens.'),
          subscriptions: z.int().min(0).describe('Number of subscriptions from this address.'),
        }),
      )
      .describe(
        'The addresses from which clients are subscribed now, and those from which the identity provider called over SCIM in the last seven days. Those that the draft excludes come first.',
      ),
    wouldEnd: z.int().min(0).describe('Number of subscriptions that saving the draft would end.'),
    instances: z.int().min(1).describe('Number of instances that responded.'),
    complete: z.boolean().describe('Whether all instances responded.'),
  }),
);

/** The records that decide who has access to an organization, for the operator. */
export const organizationSecurityShape = named(
  'OrganizationSecurity',
  'The settings that decide who has access to an organization.',
  z.object({
    authProvider: z.object(authProviderFields).nullable().describe('The identity provider. Null without one.'),
    ipAllowList: z.object(listFields).nullable().describe('The list of allowed addresses. Null without one.'),
    verifiedDomains: z.array(z.object(verifiedDomainFields)).describe('The domains of the organization.'),
  }),
);
