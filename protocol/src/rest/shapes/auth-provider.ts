import * as z from 'zod';
import { memberShape } from './members.ts';
import { orgRole } from './roles.ts';
import { newScimTokenShape } from './scim.ts';
import { authProviderFields, certificate } from './security-fields.ts';
import { dateTime, id, named } from './shape.ts';

/** An organization’s identity provider, and the identities of its members there. */

export const authProviderChoicesShape = named(
  'AuthProviderChoices',
  'The identity providers to choose from.',
  z.array(
    z.object({
      key: z.string().describe('The key for `createAuthProvider`.'),
      name: z.string().describe('Display name of the provider.'),
      requiredFeature: z.string().describe('Name of the feature that the provider needs, as in `features` of the organization.'),
    }),
  ),
);

const attributeName = z.string().nullable().describe('Name of the attribute. Null for the one that the preset names.');

const samlConfig = z.object({
  entity_id: z.string().describe('Entity id of the identity provider.'),
  sso_url: z.string().describe('The URL that receives authentication requests.'),
  x509certs: z.array(z.string()).min(1).max(4).describe('The signing certificates, in PEM.'),
  metadata_url: z.string().nullable().describe('The URL that the values above were read from.'),
  attributes: z
    .object({
      identifier: attributeName.describe('The attribute that identifies the person.'),
      user_email: attributeName.describe('The attribute that contains the email address.'),
      first_name: attributeName.describe('The attribute that contains the first name.'),
      last_name: attributeName.describe('The attribute that contains the last name.'),
    })
    .describe('Names of the attributes in the provider’s assertions.'),
  signed: z.enum(['assertion', 'response', 'both']).describe('The parts of a response that must have a valid signature.'),
  encrypt: z.boolean().describe('Whether assertions must be encrypted.'),
  authn_contexts: z.array(z.string()).optional().describe('The `AuthnContextClassRef`s of logins that count. Absent if all count.'),
});

const oidcConfig = z.object({
  issuer: z.string().describe('URL of the issuer.'),
  client_id: z.string().describe('Id of this server at the provider.'),
  client_secret: z.literal('***').describe('Always `***`. The secret is never shown.'),
  scopes: z.string().describe('The scopes that logins request, separated by spaces.'),
  auth_method: z
    .enum(['client_secret_post', 'client_secret_basic'])
    .describe('The method by which this server authenticates at the token endpoint.'),
  domains: z.array(z.string()).describe('Google Workspace domains. Empty for other providers.'),
  acr_values: z.array(z.string()).optional().describe('The values of `acr` of logins that count. Absent if all count.'),
});

export const authProviderShape = named(
  'AuthProvider',
  'The identity provider of an organization.',
  z.object({
    id: id.describe('Id of the identity provider.'),
    provider_name: z.string().describe('The key of the provider.'),
    pending_links_count: z.int().min(0).describe('Number of members with a user and without a linked identity.'),
    login_url: z.string().describe('The page where members log in.'),
    default_role: orgRole.describe('Role of members whom a login creates.'),
    require_link: z.boolean().describe('Whether members without a linked identity are refused.'),
    scim_enabled: z.boolean().describe('Whether the provider may manage members and teams over SCIM.'),
    scim: newScimTokenShape.optional().describe('The new token. Present only in the response that enables SCIM.'),
    details: z
      .object({
        ...authProviderFields,
        config: z.union([samlConfig, oidcConfig]).describe('The configuration: the values for SAML or for OpenID Connect.'),
        acs_url: z.string().nullable().describe('The URL that receives SAML responses. Null for OIDC.'),
        entity_id: z.string().nullable().describe('This server’s entity id. Null for OIDC.'),
        metadata_url: z.string().nullable().describe('URL of this server’s SAML metadata. Null for OIDC.'),
        redirect_uri: z.string().nullable().describe('The redirect URI of OpenID Connect. Null for SAML.'),
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
  'The contents of SAML metadata. Nothing is saved.',
  z.object({
    entityId: z.string().describe('Entity id of the identity provider.'),
    ssoUrl: z.string().describe('The URL that receives authentication requests.'),
    ssoBinding: z.string().describe('The SAML binding of that URL.'),
    certificates: z.array(certificate).describe('The certificates with which the provider signs.'),
    nameIdFormats: z.array(z.string()).describe('The formats of the subject that the provider supports.'),
    wantsSignedRequests: z.boolean().describe('Whether the provider requires signed authentication requests.'),
    warnings: z.array(z.string()).describe('Problems that may prevent logins.'),
  }),
);

export const ssoIdentityShape = named(
  'SsoIdentity',
  'The identity of a member at the identity provider.',
  z.object({
    subject: z.string().describe('Identifies the person at the provider.'),
    email: z.string().nullable().describe('The address that the provider asserted at the last login.'),
    isEmailVerified: z.boolean().describe('Whether that is the primary address of the member, who has proved it.'),
    dateLinked: dateTime.describe('When the identity was linked to the member.'),
    lastLogin: dateTime.nullable().describe('Time of the last login with this identity, or null.'),
  }),
);

/** REST contract 13.5. */
export const ssoImpactShape = named(
  'SsoImpact',
  'The effects of requiring single sign-on.',
  z.object({
    members: z
      .object({
        linked: z.int().min(0).describe('Number of members with a linked identity.'),
        unlinked: z.int().min(0).describe('Number of members without a linked identity.'),
      })
      .describe('Numbers of members with a user.'),
    unlinked: z.array(memberShape).max(100).describe('The first members without a linked identity.'),
    live: z
      .object({
        users: z.int().min(0).describe('Number of users who are subscribed now.'),
        subscriptions: z.int().min(0).describe('Number of subscriptions of the organization.'),
        wouldEnd: z.int().min(0).describe('Number of subscriptions that end when single sign-on becomes required.'),
      })
      .describe('The subscriptions that exist now.'),
    tokens: z
      .object({ ofUnlinkedUsers: z.int().min(0).describe('Number of valid user tokens that lose access.') })
      .describe('Tokens that are affected.'),
    recovery: z.array(memberShape).describe('The recovery owners.'),
    instances: z.int().min(1).describe('Number of instances that responded.'),
    complete: z.boolean().describe('Whether all instances responded.'),
  }),
);
