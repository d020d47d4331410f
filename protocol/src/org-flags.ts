import * as z from 'zod/mini';

interface OrgFlagFacts {
  /** The value in a new organization, and in a stored one that is older than the flag. */
  readonly default: boolean;
  /** The flag's name in the audit log, which is the name that the model stores. */
  readonly auditName: string;
  /** Whether the model stores the opposite. The audit log then has the opposite value, too. */
  readonly isInverted: boolean;
  /** Whether REST shows the flag in lists of organizations. The details show every flag. */
  readonly isInLists: boolean;
  /** The flag's name in the console. */
  readonly label: string;
}

/**
 * The flags of an organization, by the names that records and REST use (REST contract 5.1). The
 * order is that of the audit log's notes. Some flags have an effect here; the others are stored for
 * other programs.
 */
export const orgFlags = {
  openMembership: {
    default: true,
    auditName: 'allow_joinleave',
    isInverted: false,
    isInLists: false,
    label: 'Open membership',
  },
  enhancedPrivacy: {
    default: false,
    auditName: 'enhanced_privacy',
    isInverted: false,
    isInLists: false,
    label: 'Enhanced privacy',
  },
  allowSharedIssues: {
    default: true,
    auditName: 'disable_shared_issues',
    isInverted: true,
    isInLists: false,
    label: 'Allow shared issues',
  },
  isEarlyAdopter: {
    default: false,
    auditName: 'early_adopter',
    isInverted: false,
    isInLists: true,
    label: 'Early adopter',
  },
  require2FA: {
    default: false,
    auditName: 'require_2fa',
    isInverted: false,
    isInLists: true,
    label: 'Require two-factor authentication',
  },
  allowMemberProjectCreation: {
    default: false,
    auditName: 'disable_member_project_creation',
    isInverted: true,
    isInLists: true,
    label: 'Members can create projects',
  },
  allowMemberInvite: {
    default: true,
    auditName: 'disable_member_invite',
    isInverted: true,
    isInLists: true,
    label: 'Members can invite people',
  },
  codecovAccess: {
    default: false,
    auditName: 'codecov_access',
    isInverted: false,
    isInLists: false,
    label: 'Codecov access',
  },
  allowSuperuserAccess: {
    default: true,
    auditName: 'prevent_superuser_access',
    isInverted: true,
    isInLists: true,
    label: 'Allow superuser access',
  },
} as const satisfies Readonly<Record<string, OrgFlagFacts>>;

export type OrgFlag = keyof typeof orgFlags;
export type OrgFlags = { [Flag in OrgFlag]: boolean };
type ListedOrgFlag = { [Flag in OrgFlag]: (typeof orgFlags)[Flag]['isInLists'] extends true ? Flag : never }[OrgFlag];

export const orgFlagNames = /* @__PURE__ */ Object.keys(orgFlags) as readonly OrgFlag[];

/** One value for each flag. */
export function mapOrgFlags<T>(toValue: (flag: OrgFlag) => T): { [Flag in OrgFlag]: T } {
  return Object.fromEntries(orgFlagNames.map((flag) => [flag, toValue(flag)])) as { [Flag in OrgFlag]: T };
}

export const orgFlagsSchema = /* @__PURE__ */ z.object(/* @__PURE__ */ mapOrgFlags(() => z.boolean()));

export const defaultOrgFlags: Readonly<OrgFlags> = /* @__PURE__ */ mapOrgFlags((flag) => orgFlags[flag].default);

/** The flags that REST shows wherever it shows an organization. */
export const listedOrgFlags = /* @__PURE__ */ orgFlagNames.filter((flag): flag is ListedOrgFlag => orgFlags[flag].isInLists);
/** The flags that REST shows only in an organization's details. */
export const unlistedOrgFlags = /* @__PURE__ */ orgFlagNames.filter(
  (flag): flag is Exclude<OrgFlag, ListedOrgFlag> => !orgFlags[flag].isInLists,
);
