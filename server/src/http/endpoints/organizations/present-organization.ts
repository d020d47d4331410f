import {
  listedOrgFlags,
  type OrganizationRecord,
  type OrgRoleId,
  orgRoleIds,
  orgRoles,
  orgSettingNames,
  unlistedOrgFlags,
} from '@rollcall/protocol';
import type { organizationDetailsShape, organizationShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { OrganizationDetails } from '../../../read-path/queries/organizations/organization-details.ts';
import { letterAvatar } from '../identity/present-user.ts';
import { presentOrgRoles, presentTeamRoles } from '../members/present-role.ts';

/** The REST forms of organizations (REST contract 5.5). */

/** The base shape, also nested in others. Clients send later calls to `publicUrl`. */
export function presentOrganization(organization: OrganizationRecord, publicUrl: string): ResponseOf<typeof organizationShape> {
  // The keys have the order of Sentry's response. Flags that Sentry lacks follow the others.
  const { isEarlyAdopter, require2FA, allowMemberInvite, ...otherFlags } = pick(organization, listedOrgFlags);
  return {
    id: organization.id,
    slug: organization.slug,
    status: { id: organization.status, name: organization.status.replaceAll('_', ' ') },
    name: organization.name,
    dateCreated: organization.dateCreated,
    isEarlyAdopter,
    require2FA,
    requireEmailVerification: false,
    avatar: presentAvatar(organization, publicUrl),
    allowMemberInvite,
    ...otherFlags,
    links: { organizationUrl: publicUrl, regionUrl: publicUrl },
    hasAuthProvider: organization.hasAuthProvider,
    features: featuresOf(organization),
    extraOptions: { traces: { spansExtractionDate: 0, checkSpanExtractionDate: false } },
  };
}

function presentAvatar({ avatarType, avatarUuid }: OrganizationRecord, publicUrl: string): ResponseOf<typeof organizationShape>['avatar'] {
  if (avatarType !== 'upload' || avatarUuid === null) return letterAvatar;
  return { avatarType, avatarUuid, avatarUrl: `${publicUrl}/organization-avatar/${avatarUuid}/` };
}

function featuresOf({ openMembership, allowSharedIssues }: OrganizationRecord): string[] {
  return [...(openMembership ? ['open-membership'] : []), ...(allowSharedIssues ? ['shared-issues'] : []), 'sso-basic', 'sso-saml2'];
}

export interface OrganizationDetailsOptions {
  readonly publicUrl: string;
  readonly retiredRoles: ReadonlySet<OrgRoleId>;
  /** `features` and `extraOptions` are included on request only. */
  readonly withFeatures: boolean;
}

/** The details shape, without the lists of teams and projects. */
export function presentOrganizationDetails(
  details: OrganizationDetails,
  options: OrganizationDetailsOptions,
): ResponseOf<typeof organizationDetailsShape> {
  const { organization, callerRole } = details;
  const { features, extraOptions, ...base } = presentOrganization(organization, options.publicUrl);
  const { openMembership, allowSharedIssues, ...otherFlags } = pick(organization, unlistedOrgFlags);
  return {
    ...base,
    ...(options.withFeatures ? { features, extraOptions } : {}),
    access: [...details.access].sort(),
    onboardingTasks: [],
    experiments: {},
    isDefault: details.isDefault,
    defaultRole: organization.defaultRole,
    availableRoles: orgRoleIds.map((id) => ({ id, name: orgRoles[id].name })),
    orgRoleList: presentOrgRoles([], options.retiredRoles),
    teamRoleList: presentTeamRoles([]),
    openMembership,
    allowSharedIssues,
    ...otherFlags,
    avatarType: organization.avatarType,
    ...pick(organization, orgSettingNames),
    requiresSso: organization.requiresSso,
    pendingAccessRequests: details.pendingAccessRequests,
    isDynamicallySampled: false,
    aggregatedDataConsent: false,
    ...(callerRole === null ? {} : { role: callerRole, orgRole: callerRole }),
  };
}

function pick<Key extends keyof OrganizationRecord>(organization: OrganizationRecord, keys: readonly Key[]): Pick<OrganizationRecord, Key> {
  return Object.fromEntries(keys.map((key) => [key, organization[key]])) as Pick<OrganizationRecord, Key>;
}
