import type {
  AuditEventName,
  AuthTokenRecord,
  OrgFlags,
  OrgRoleId,
  OrgSettings,
  ProjectKeyRecord,
  ProjectOptions,
  ProjectSettings,
  Scope,
  TeamRoleId,
} from '@rollcall/protocol';

/**
 * What commands take and what the server answers. Answers hold more than is named here, and some of it depends on who
 * asks; the state of an organization is in its handle.
 */

export interface TeamRoleOf {
  readonly teamSlug: string;
  readonly role: TeamRoleId | null;
}

export interface NewOrganization {
  readonly name: string;
  readonly slug?: string;
  /** Also makes a team named after the organization, with the caller on it. */
  readonly defaultTeam?: boolean;
  readonly agreeTerms?: boolean;
}

type RelayGiven = Omit<OrgSettings['trustedRelays'][number], 'created' | 'lastModified'>;

/** What is absent stays as it is. */
export interface OrganizationChanges extends Partial<OrgFlags>, Partial<Omit<OrgSettings, 'trustedRelays'>> {
  readonly name?: string;
  readonly slug?: string;
  readonly defaultRole?: OrgRoleId;
  readonly avatarType?: 'letter_avatar' | 'upload';
  /** A PNG, JPEG or GIF, as base64. */
  readonly avatar?: string;
  /** Replaces the whole list. */
  readonly trustedRelays?: readonly RelayGiven[];
}

export interface RestOrganization {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: { readonly id: string; readonly name: string };
  readonly dateCreated: string;
  readonly [field: string]: unknown;
}

export interface NewInvite {
  readonly email: string;
  /** `member` unless given. */
  readonly orgRole?: OrgRoleId;
  readonly teamRoles?: readonly TeamRoleOf[];
  /** False makes the invite without sending a mail. */
  readonly sendInvite?: boolean;
}

/** What is absent stays as it is. */
export interface MemberChanges {
  readonly orgRole?: OrgRoleId;
  /** Replaces all of a member's teams. */
  readonly teamRoles?: readonly TeamRoleOf[];
}

/** What to do to each of several members. `team` is a slug or an id. */
export type MembersAction =
  | { readonly action: 'set-role'; readonly orgRole: OrgRoleId }
  | { readonly action: 'add-to-team' | 'remove-from-team'; readonly team: string }
  | { readonly action: 'remove' };

export interface RestMembersChanged {
  readonly results: readonly {
    readonly id: string;
    /** As a call for this member alone would have answered. */
    readonly status: number;
    /** The body of the refusal; null when the command was carried out. */
    readonly error: unknown;
  }[];
}

export interface RestMember {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly user: { readonly id: string; readonly [field: string]: unknown } | null;
  readonly orgRole: OrgRoleId;
  readonly pending: boolean;
  readonly expired: boolean;
  readonly dateCreated: string;
  readonly inviteStatus: string;
  readonly inviterName: string | null;
  readonly [field: string]: unknown;
}

export interface RoleChoice<Id> {
  readonly id: Id;
  readonly name: string;
  readonly desc: string;
  /** Whether the caller may give it. */
  readonly isAllowed: boolean;
  /** No longer given to anybody. */
  readonly isRetired: boolean;
  readonly [field: string]: unknown;
}

export interface RestMemberDetails extends RestMember {
  readonly teams: readonly string[];
  readonly teamRoles: readonly TeamRoleOf[];
  /** Absent from what lists of several members give. */
  readonly orgRoleList?: readonly RoleChoice<OrgRoleId>[];
  readonly teamRoleList?: readonly RoleChoice<TeamRoleId>[];
  readonly isOnlyOwner?: boolean;
}

/** One of the two is needed; the other is made from it. */
export interface NewTeam {
  readonly slug?: string;
  readonly name?: string;
}

export interface RestTeam {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly dateCreated: string;
  readonly isMember: boolean;
  readonly teamRole: TeamRoleId | null;
  readonly memberCount: number;
  readonly [field: string]: unknown;
}

export interface RestTeamMembership {
  readonly isActive: boolean;
  /** As stored: null when not above what the org role brings anyway. */
  readonly teamRole: TeamRoleId | null;
}

export interface NewProject {
  readonly name: string;
  readonly slug?: string;
  readonly platform?: string;
  /** The team it belongs to. Without one the server makes a team, with the caller as its admin. */
  readonly team?: string;
}

/** What is absent stays as it is, each of the options too. */
export interface ProjectChanges extends Partial<Omit<ProjectSettings, 'options'>> {
  readonly name?: string;
  readonly slug?: string;
  readonly platform?: string | null;
  readonly options?: Partial<ProjectOptions>;
  /** In no copy of the organization, as the one below: the answer shows it. */
  readonly securityToken?: string;
  /** A list, as JSON. */
  readonly symbolSources?: string;
}

export interface RestProject {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly platform: string | null;
  readonly dateCreated: string;
  readonly [field: string]: unknown;
}

/** Sentry's search syntax: words, and `key:value`. */
export interface Search {
  readonly query?: string;
}

export interface OrganizationSearch extends Search {
  readonly sortBy?: 'members' | 'projects';
}

/** What the caller may do depends on who they are, so it is asked for. */
export interface RestOrganizationDetails extends RestOrganization {
  readonly access: readonly Scope[];
  readonly orgRole?: OrgRoleId;
  readonly pendingAccessRequests: number;
}

/** What is absent stays as it is. */
export interface InviteRequestChanges extends MemberChanges {
  /** Only `true` does anything: the invite is sent. */
  readonly approve?: boolean;
}

export interface AccessRequest {
  readonly id: string;
  readonly member: RestMember;
  readonly team: RestTeam;
  /** Who asked, where it was somebody else. */
  readonly requester: { readonly id: string; readonly name: string; readonly [field: string]: unknown } | null;
}

export interface NewProjectKey {
  readonly name?: string;
  /** At most `count` events in `window` seconds. */
  readonly rateLimit?: ProjectKeyRecord['rateLimit'];
}

/** What is absent stays as it is. */
export interface ProjectKeyChanges extends NewProjectKey {
  readonly isActive?: boolean;
  readonly browserSdkVersion?: string;
  readonly dynamicSdkLoaderOptions?: Partial<ProjectKeyRecord['dynamicSdkLoaderOptions']>;
}

export interface ProjectKeySearch {
  readonly status?: 'active' | 'inactive';
}

export interface RestProjectKey extends Omit<ProjectKeyRecord, 'projectId'> {
  readonly public: string;
  readonly secret: string;
  /** Addresses that programs send to. */
  readonly dsn: { readonly public: string; readonly secret: string; readonly [use: string]: string };
  readonly [field: string]: unknown;
}

export interface NewOrgToken {
  readonly name: string;
  /** `org:ci` alone unless given. */
  readonly scopes?: readonly Scope[];
}

export interface RestOrgToken extends AuthTokenRecord {
  readonly dateLastUsed: string | null;
}

export interface AuditFilter {
  readonly event?: AuditEventName;
  /** A user's id. */
  readonly actor?: string;
  /** ISO 8601. */
  readonly start?: string;
  readonly end?: string;
  /** `24h`, `14d`: in place of `start` and `end`. */
  readonly statsPeriod?: string;
}

export interface RestAuditEntry {
  readonly id: string;
  readonly event: AuditEventName;
  readonly actor: { readonly id?: string; readonly name: string; readonly [field: string]: unknown } | null;
  readonly ipAddress: string | null;
  readonly note: string;
  readonly targetObject: number | null;
  readonly targetUser: { readonly id: string; readonly name: string; readonly [field: string]: unknown } | null;
  readonly data: Readonly<Record<string, string>>;
  readonly dateCreated: string;
}

/** By member id. */
export interface ReinstatedMembers {
  readonly reinstated: readonly string[];
  /** Who stayed out, and why. */
  readonly skipped: readonly {
    readonly id: string;
    readonly reason: 'not-blocked' | 'two-factor-required' | 'user-inactive' | 'role-not-assignable';
  }[];
}
