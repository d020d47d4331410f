import * as z from 'zod';
import { listedOrgFlags, type OrgFlag, unlistedOrgFlags } from '../../org-flags.ts';
import { organizationRecordSchema, orgStatuses } from '../../records.ts';
import { orgFlagDescriptions, orgSettings } from './organization-settings.ts';
import { projectShape } from './projects.ts';
import { orgRole, orgRoleShape, scope, teamRoleShape } from './roles.ts';
import { alwaysFalse, dateTime, id, named, noItems, nothing } from './shape.ts';
import { detailedTeamShape } from './teams.ts';
import { avatarShape } from './users.ts';

// The keys have the order of the responses in `present-organization.ts`.
const { isEarlyAdopter, require2FA, allowMemberInvite, ...otherListedFlags } = booleans(listedOrgFlags);
const { openMembership, allowSharedIssues, ...otherUnlistedFlags } = booleans(unlistedOrgFlags);

function booleans<Flag extends OrgFlag>(flags: readonly Flag[]): Readonly<Record<Flag, z.ZodBoolean>> {
  return Object.fromEntries(flags.map((flag) => [flag, z.boolean().describe(orgFlagDescriptions[flag])])) as Record<Flag, z.ZodBoolean>;
}

const organizationAvatarShape = z.union([
  avatarShape,
  z.object({
    avatarType: z.literal('upload').describe('The kind of the avatar.'),
    avatarUuid: z.string().describe('Identifies the uploaded image.'),
    avatarUrl: z.string().describe('URL of the image.'),
  }),
]);

const featureFields = {
  features: z
    .array(z.string())
    .describe('Contains `open-membership` and `shared-issues` if these flags are on, and always `sso-basic` and `sso-saml2`.'),
  extraOptions: z
    .object({
      traces: z
        .object({ spansExtractionDate: z.literal(0).describe('Always 0.'), checkSpanExtractionDate: alwaysFalse })
        .describe('Always these values.'),
    })
    .describe('Constant values that clients of Sentry expect.'),
};

const baseFields = {
  id: id.describe('Id of the organization.'),
  slug: z.string().describe('Slug of the organization, unique on this server.'),
  status: z
    .object({ id: z.enum(orgStatuses).describe('The status.'), name: z.string().describe('Display name of the status.') })
    .describe('Whether the organization is active or being deleted.'),
  name: z.string().describe('Name of the organization.'),
  dateCreated: dateTime.describe('When the organization was created.'),
  isEarlyAdopter,
  require2FA,
  requireEmailVerification: alwaysFalse,
  avatar: organizationAvatarShape.describe('The avatar: generated, or an uploaded image.'),
  allowMemberInvite,
  ...otherListedFlags,
  links: z
    .object({
      organizationUrl: z.string().describe('Page of the organization in the console.'),
      regionUrl: z.string().describe('Base URL for further requests.'),
    })
    .describe('Addresses of the organization.'),
  hasAuthProvider: z.boolean().describe('Whether the organization has an active identity provider.'),
};

const callerRole = orgRole.optional().describe('The caller’s role. Absent if the caller is not a member.');

/** The base shape (REST contract 5.5). */
export const organizationShape = named('Organization', 'An organization.', z.object({ ...baseFields, ...featureFields }));

export const listedOrganizationShape = named(
  'ListedOrganization',
  'An organization in a list, with the caller’s access to it.',
  organizationShape.extend({
    orgRole: callerRole,
    blocked: z
      .enum(['two-factor-required', 'sso-required', 'sudo-required', 'address-not-allowed'])
      .optional()
      .describe('The reason why the caller has no access at the moment. Absent if the caller has access.'),
  }),
);

export const ownedOrganizationShape = named(
  'OwnedOrganization',
  'An organization that the caller owns.',
  z.object({
    organization: organizationShape.describe('The organization.'),
    singleOwner: z.boolean().describe('Whether the caller is the only owner.'),
  }),
);

/** The details, without the lists of teams and projects (REST contract 5.5). */
const summaryOfDetails = z.object({
  ...baseFields,
  features: featureFields.features.optional(),
  extraOptions: featureFields.extraOptions.optional(),
  access: z.array(scope).describe('The caller’s scopes in the organization, without those of their team roles.'),
  onboardingTasks: noItems,
  experiments: nothing,
  isDefault: z.boolean().describe('Whether this is the organization of single-organization mode.'),
  defaultRole: orgRole.describe('Role of users who join by a join request, or automatically in single-organization mode.'),
  availableRoles: z
    .array(z.object({ id: orgRole.describe('The role.'), name: z.string().describe('Display name of the role.') }))
    .meta({ deprecated: true })
    .describe('Former form of `orgRoleList`.'),
  orgRoleList: z.array(orgRoleShape).describe('All organization roles, the lowest first.'),
  teamRoleList: z.array(teamRoleShape).describe('All team roles, the lowest first.'),
  openMembership,
  allowSharedIssues,
  ...otherUnlistedFlags,
  avatarType: z.enum(organizationRecordSchema.shape.avatarType.options).describe('Whether the avatar is a generated or an uploaded image.'),
  ...orgSettings,
  requiresSso: z.boolean().describe('Whether members without a linked identity are refused.'),
  pendingAccessRequests: z.int().min(0).describe('Number of open access requests.'),
  isDynamicallySampled: alwaysFalse,
  aggregatedDataConsent: alwaysFalse,
  role: callerRole,
  orgRole: callerRole,
});

export const organizationDetailsShape = named(
  'OrganizationDetails',
  'An organization with its settings.',
  summaryOfDetails.extend({
    teams: z.array(detailedTeamShape).optional().describe('Sorted by slug. Absent with `detailed=0`.'),
    projects: z.array(projectShape).optional().describe('Sorted by slug. Absent with `detailed=0`.'),
  }),
);
