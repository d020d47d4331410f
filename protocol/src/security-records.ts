import * as z from 'zod/mini';
import { dateTimeSchema } from './date-time.ts';
import { idSchema } from './ids.ts';
import { orgRoleSchema } from './roles.ts';

/**
 * The records that decide who gets into an organization, and from where. They contain no secret: a
 * client secret or a signing key is never part of the state.
 */

/** An organization has at most one identity provider. Its `id` is a number like any other. */
export const authProviderRecordSchema = z.object({
  id: idSchema,
  /** `okta`, `google`, `saml2` and others. */
  key: z.string(),
  name: z.string(),
  protocol: z.enum(['saml', 'oidc']),
  /** A draft logs no one in. */
  status: z.enum(['draft', 'active']),
  requireLink: z.boolean(),
  /** The role of members whom a login creates. */
  defaultRole: orgRoleSchema,
  /** Whether a login may create a member: never, or for addresses of verified domains. */
  jit: z.enum(['off', 'domains']),
  scimEnabled: z.boolean(),
  /** The lifetime of a session's binding. */
  sessionHours: z.int(),
  /** Counts the identities of the provider. A binding or an identity of an earlier one is void. */
  generation: z.int(),
  issuer: z.nullable(z.string()),
  certificates: z.array(z.object({ fingerprint: z.string(), notAfter: dateTimeSchema })),
  lastTestedAt: z.nullable(dateTimeSchema),
  dateCreated: dateTimeSchema,
});
export type AuthProviderRecord = z.infer<typeof authProviderRecordSchema>;

export const verifiedDomainRecordSchema = z.object({
  id: idSchema,
  /** In ASCII and lower case. */
  domain: z.string(),
  role: z.enum(['affiliated', 'owned']),
  status: z.enum(['pending', 'verified', 'lapsed']),
  dateVerified: z.nullable(dateTimeSchema),
  dateCreated: dateTimeSchema,
});
export type VerifiedDomainRecord = z.infer<typeof verifiedDomainRecordSchema>;

/** A network from which the organization may be reached. */
export const addressRuleSchema = z.object({
  id: z.string(),
  /** An address or a network in its normal form: `203.0.113.9`, `2001:db8::/32`. */
  cidr: z.string(),
  description: z.string(),
  /** From then on the rule allows no address. Null if it does not expire. */
  expiresAt: z.nullable(dateTimeSchema),
});
export type AddressRule = z.infer<typeof addressRuleSchema>;

/** An organization has at most one list. Its `id` is the organization's. */
export const ipAllowListRecordSchema = z.object({
  id: idSchema,
  isEnabled: z.boolean(),
  rules: z.array(addressRuleSchema),
});
export type IpAllowListRecord = z.infer<typeof ipAllowListRecordSchema>;

/**
 * The fields of an organization that state its single sign-on to every viewer. Only commands of the
 * identity provider set them.
 */
export const orgSsoSchema = z.object({
  /** Whether there is an active identity provider. */
  hasAuthProvider: z.boolean(),
  /** Whether members without a linked identity are refused (REST contract 5.5). */
  requiresSso: z.boolean(),
});
export type OrgSso = z.infer<typeof orgSsoSchema>;

export const defaultOrgSso: Readonly<OrgSso> = { hasAuthProvider: false, requiresSso: false };
