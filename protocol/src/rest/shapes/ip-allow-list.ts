import * as z from 'zod';
import { authProviderRecordSchema, verifiedDomainRecordSchema } from '../../security-records.ts';
import { dateTime, id, named } from './shape.ts';

const addressRuleShape = z.object({
  id,
  cidr: z.string().describe('An address or a network in its normal form.'),
  description: z.string(),
  expiresAt: dateTime.nullable().describe('The rule is removed at this time.'),
});

const listFields = { isEnabled: z.boolean(), rules: z.array(addressRuleShape) };

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
export const ipAllowListShape = named('IpAllowList', z.object({ ...listFields, you, warning }));

export const ipAllowListPreviewShape = named(
  'IpAllowListPreview',
  z.object({
    you,
    warning,
    live: z
      .array(
        z.object({
          address,
          isIncluded: z.boolean(),
          users: z.array(id).describe('Ids of the users.'),
          tokens: z.array(id).describe('Ids of the organization tokens.'),
          subscriptions: z.int().min(0),
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
  z.object({
    authProvider: z.object(authProviderRecordSchema.shape).nullable(),
    ipAllowList: z.object(listFields).nullable(),
    verifiedDomains: z.array(z.object(verifiedDomainRecordSchema.shape)),
  }),
);
