import * as z from 'zod';
import { listedOrgFlags, type OrgFlag, unlistedOrgFlags } from '../../org-flags.ts';
import { orgSettingsSchema } from '../../org-settings.ts';
import { organizationRecordSchema, orgStatuses } from '../../records.ts';
import { projectShape } from './projects.ts';
import { orgRole, orgRoleShape, scope, teamRoleShape } from './roles.ts';
import { dateTime, id, named, noItems, nothing } from './shape.ts';
import { detailedTeamShape } from './teams.ts';
import { avatarShape } from './users.ts';

// The keys have the order of the responses in `present-organization.ts`.
const { isEarlyAdopter, require2FA, allowMemberInvite, ...otherListedFlags } = booleans(listedOrgFlags);
const { openMembership, allowSharedIssues, ...otherUnlistedFlags } = booleans(unlistedOrgFlags);

function booleans<Flag extends OrgFlag>(flags: readonly Flag[]): Readonly<Record<Flag, z.ZodBoolean>> {
  return Object.fromEntries(flags.map((flag) => [flag, z.boolean()])) as Record<Flag, z.ZodBoolean>;
}

const organizationAvatarShape = z.union([
  avatarShape,
  z.object({ avatarType: z.literal('upload'), avatarUuid: z.string(), avatarUrl: z.string() }),
]);

const featureFields = {
  features: z
    .array(z.string())
    .describe('Contains `open-membership` and `shared-issues` if these flags are on, and always `sso-basic` and `sso-saml2`.'),
  extraOptions: z.object({ traces: z.object({ spansExtractionDate: z.literal(0), checkSpanExtractionDate: z.literal(false) }) }),
};

const baseFields = {
  id,
  slug: z.string(),
  status: z.object({ id: z.enum(orgStatuses), name: z.string() }),
  name: z.string(),
  dateCreated: dateTime,
  isEarlyAdopter,
  require2FA: require2FA.describe('Whether members need a second factor for access.'),
  requireEmailVerification: z.literal(false),
  avatar: organizationAvatarShape,
  allowMemberInvite: allowMemberInvite.describe('Whether all members may invite, instead of only managers and owners.'),
  ...otherListedFlags,
  links: z.object({
    organizationUrl: z.string(),
    regionUrl: z.string().describe('Base URL for further requests.'),
  }),
  hasAuthProvider: z.boolean(),
};

const callerRole = orgRole.optional().describe('The caller’s role. Absent if the caller is not a member.');

/** The base shape (REST contract 5.5). */
export const organizationShape = named('Organization', z.object({ ...baseFields, ...featureFields }));

export const listedOrganizationShape = named(
  'ListedOrganization',
  organizationShape.extend({
    orgRole: callerRole,
    blocked: z
      .enum(['two-factor-required', 'sso-required', 'address-not-allowed'])
      .optional()
      .describe('Present if the caller has no access at the moment: the reason.'),
  }),
);

export const ownedOrganizationShape = named(
  'OwnedOrganization',
  z.object({ organization: organizationShape, singleOwner: z.boolean().describe('Whether the caller is the only owner.') }),
);

/** The details, without the lists of teams and projects (REST contract 5.5). */
const summaryOfDetails = z.object({
  ...baseFields,
  features: featureFields.features.optional(),
  extraOptions: featureFields.extraOptions.optional(),
  access: z.array(scope).describe('The caller’s scopes in the organization, without those of their team roles.'),
  onboardingTasks: noItems,
  experiments: nothing,
  isDefault: z.boolean(),
  defaultRole: orgRole.describe('Role of users who join by a join request, or automatically in single-organization mode.'),
  availableRoles: z.array(z.object({ id: orgRole, name: z.string() })).meta({ deprecated: true }),
  orgRoleList: z.array(orgRoleShape),
  teamRoleList: z.array(teamRoleShape),
  openMembership,
  allowSharedIssues,
  ...otherUnlistedFlags,
  avatarType: organizationRecordSchema.shape.avatarType,
  ...orgSettingsSchema.shape,
  attachmentsRole: orgRole,
  debugFilesRole: orgRole,
  storeCrashReports: z.int().min(-1).describe('-1 means unlimited.'),
  relayPiiConfig: z.string().nullable().describe('A JSON document, as a string.'),
  requiresSso: z.boolean().describe('Members without a linked identity are refused.'),
  pendingAccessRequests: z.int().min(0).describe('Number of open access requests.'),
  isDynamicallySampled: z.literal(false),
  aggregatedDataConsent: z.literal(false),
  role: callerRole,
  orgRole: callerRole,
});

export const organizationDetailsShape = named(
  'OrganizationDetails',
  summaryOfDetails.extend({
    teams: z.array(detailedTeamShape).optional().describe('Sorted by slug. Absent with `detailed=0`.'),
    projects: z.array(projectShape).optional().describe('Sorted by slug. Absent with `detailed=0`.'),
  }),
);
