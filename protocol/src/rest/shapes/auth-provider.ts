import * as z from 'zod';
import { authProviderRecordSchema } from '../../security-records.ts';
import { memberShape } from './members.ts';
import { orgRole } from './roles.ts';
import { newScimTokenShape } from './scim.ts';
import { dateTime, id, named } from './shape.ts';

/** An organization’s identity provider, and the identities of its members there. */

export const authProviderChoicesShape = named(
  'AuthProviderChoices',
  z.array(
    z.object({
      key: z.string(),
      name: z.string(),
      requiredFeature: z.string().describe('Contained in `features` of the organization.'),
    }),
  ),
);

const certificate = z.object({ fingerprint: z.string().describe('SHA-256.'), notAfter: dateTime });

const attributeName = z.string().nullable().describe('Null reads the attribute that the preset names.');

const samlConfig = z.object({
  entity_id: z.string(),
  sso_url: z.string(),
  x509certs: z.array(z.string()).min(1).max(4).describe('PEM.'),
  metadata_url: z.string().nullable().describe('The URL that the values above were read from.'),
  attributes: z.object({ identifier: attributeName, user_email: attributeName, first_name: attributeName, last_name: attributeName }),
  signed: z.enum(['assertion', 'response', 'both']),
  encrypt: z.boolean(),
});

const oidcConfig = z.object({
  issuer: z.string(),
  client_id: z.string(),
  client_secret: z.literal('***'),
  scopes: z.string(),
  auth_method: z.enum(['client_secret_post', 'client_secret_basic']),
  domains: z.array(z.string()).describe('Google Workspace domains. Empty for other providers.'),
});

export const authProviderShape = named(
  'AuthProvider',
  z.object({
    id,
    provider_name: z.string().describe('The key of the provider.'),
    pending_links_count: z.int().min(0).describe('Number of members with a user and without a linked identity.'),
    login_url: z.string(),
    default_role: orgRole,
    require_link: z.boolean(),
    scim_enabled: z.boolean(),
    scim: newScimTokenShape.optional().describe('Only in the response that enables SCIM.'),
    details: z
      .object({
        ...authProviderRecordSchema.shape,
        id,
        dateCreated: dateTime,
        lastTestedAt: dateTime.nullable(),
        certificates: z.array(certificate),
        config: z.union([samlConfig, oidcConfig]),
        acs_url: z.string().nullable().describe('Null for OIDC, as are `entity_id` and `metadata_url`.'),
        entity_id: z.string().nullable().describe('This server’s entity id.'),
        metadata_url: z.string().nullable(),
        redirect_uri: z.string().nullable().describe('Null for SAML.'),
        sp_certificates: z
          .array(certificate)
          .describe('This server’s certificates. The first signs requests, and a second one is its successor. Empty for OIDC.'),
      })
      .optional()
      .describe('Present for callers with `org:admin`.'),
  }),
);

export const metadataPreviewShape = named(
  'IdentityProviderMetadata',
  z.object({
    entityId: z.string(),
    ssoUrl: z.string(),
    ssoBinding: z.string(),
    certificates: z.array(certificate),
    nameIdFormats: z.array(z.string()),
    wantsSignedRequests: z.boolean(),
    warnings: z.array(z.string()),
  }),
);

export const ssoIdentityShape = named(
  'SsoIdentity',
  z.object({
    subject: z.string().describe('Identifies the person at the provider.'),
    email: z.string().nullable().describe('The address at the last login.'),
    dateLinked: dateTime,
    lastLogin: dateTime.nullable(),
  }),
);

/** REST contract 13.5. */
export const ssoImpactShape = named(
  'SsoImpact',
  z.object({
    members: z.object({ linked: z.int().min(0), unlinked: z.int().min(0) }).describe('Numbers of members with a user.'),
    unlinked: z.array(memberShape).max(100).describe('The first members without a linked identity.'),
    live: z.object({
      users: z.int().min(0).describe('Number of users who are subscribed now.'),
      subscriptions: z.int().min(0),
      wouldEnd: z.int().min(0).describe('Number of subscriptions that end when single sign-on becomes required.'),
    }),
    tokens: z.object({ ofUnlinkedUsers: z.int().min(0).describe('Number of valid user tokens that lose access.') }),
    recovery: z.array(memberShape).describe('The recovery owners.'),
    instances: z.int().min(1).describe('Number of instances that responded.'),
    complete: z.boolean().describe('Whether all instances responded.'),
  }),
);
