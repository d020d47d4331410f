import * as z from 'zod/mini';

/** Every scope a token may carry (REST contract 3.2). */
export const scopes = [
  'org:read',
  'org:write',
  'org:admin',
  'org:integrations',
  'org:ci',
  'member:invite',
  'member:read',
  'member:write',
  'member:admin',
  'team:read',
  'team:write',
  'team:admin',
  'project:read',
  'project:write',
  'project:admin',
  'project:releases',
  'project:distribution',
  'event:read',
  'event:write',
  'event:admin',
  'alerts:read',
  'alerts:write',
  'openid',
  'profile',
  'email',
] as const;
export const scopeSchema = z.enum(scopes);
export type Scope = z.infer<typeof scopeSchema>;

const impliedScopes: Partial<Record<Scope, readonly Scope[]>> = {
  'org:write': ['org:read'],
  'org:admin': ['org:read', 'org:write', 'org:integrations'],
  'member:invite': ['member:read'],
  'member:write': ['member:read', 'member:invite'],
  'member:admin': ['member:read', 'member:invite', 'member:write'],
  'team:write': ['team:read'],
  'team:admin': ['team:read', 'team:write'],
  'project:write': ['project:read'],
  'project:admin': ['project:read', 'project:write'],
  'event:write': ['event:read'],
  'event:admin': ['event:read', 'event:write'],
  'alerts:write': ['alerts:read'],
};

/** A stored token is widened to include what its scopes imply (REST contract 3.2). */
export function expandScopes(held: Iterable<Scope>): ReadonlySet<Scope> {
  const expanded = new Set<Scope>();
  for (const scope of held) {
    expanded.add(scope);
    for (const implied of impliedScopes[scope] ?? []) expanded.add(implied);
  }
  return expanded;
}

export const orgRoleIds = ['member', 'admin', 'manager', 'owner'] as const;
export const orgRoleSchema = z.enum(orgRoleIds);
export type OrgRoleId = z.infer<typeof orgRoleSchema>;

export const teamRoleIds = ['contributor', 'admin'] as const;
export const teamRoleSchema = z.enum(teamRoleIds);
export type TeamRoleId = z.infer<typeof teamRoleSchema>;

export interface OrgRole {
  readonly id: OrgRoleId;
  readonly name: string;
  readonly desc: string;
  readonly priority: number;
  /**
   * A global role gives access to every team and project, regardless of open membership (REST
   * contract 3.4).
   */
  readonly isGlobal: boolean;
  readonly minimumTeamRole: TeamRoleId;
  readonly scopes: readonly Scope[];
}

const memberScopes: readonly Scope[] = [
  'event:read',
  'event:write',
  'event:admin',
  'project:read',
  'project:releases',
  'org:read',
  'member:read',
  'member:invite',
  'team:read',
  'alerts:read',
  'alerts:write',
];
const adminScopes: readonly Scope[] = [...memberScopes, 'project:write', 'project:admin', 'team:write', 'team:admin', 'org:integrations'];
const managerScopes: readonly Scope[] = [...adminScopes, 'member:write', 'member:admin', 'org:write'];
const ownerScopes: readonly Scope[] = [...managerScopes, 'org:admin'];

/** Lowest priority first (REST contract 4.1). */
export const orgRoles: Readonly<Record<OrgRoleId, OrgRole>> = {
  member: {
    id: 'member',
    name: 'Member',
    desc: 'Can view the organization, join its teams and invite members.',
    priority: 0,
    isGlobal: false,
    minimumTeamRole: 'contributor',
    scopes: memberScopes,
  },
  admin: {
    id: 'admin',
    name: 'Admin',
    desc: 'Can create teams and projects, and manage their own teams.',
    priority: 1,
    isGlobal: false,
    minimumTeamRole: 'admin',
    scopes: adminScopes,
  },
  manager: {
    id: 'manager',
    name: 'Manager',
    desc: 'Can manage members, settings, and all teams and projects.',
    priority: 2,
    isGlobal: true,
    minimumTeamRole: 'admin',
    scopes: managerScopes,
  },
  owner: {
    id: 'owner',
    name: 'Owner',
    desc: 'Has full control. Can also appoint owners and delete the organization.',
    priority: 3,
    isGlobal: true,
    minimumTeamRole: 'admin',
    scopes: ownerScopes,
  },
};

export interface TeamRole {
  readonly id: TeamRoleId;
  readonly name: string;
  readonly desc: string;
  readonly priority: number;
  readonly isMinimumRoleFor: OrgRoleId | null;
  readonly scopes: readonly Scope[];
}

const contributorScopes: readonly Scope[] = [
  'event:read',
  'event:write',
  'project:read',
  'project:releases',
  'org:read',
  'member:read',
  'team:read',
  'alerts:read',
];

/** Lowest priority first (REST contract 4.2). */
export const teamRoles: Readonly<Record<TeamRoleId, TeamRole>> = {
  contributor: {
    id: 'contributor',
    name: 'Contributor',
    desc: 'Can work on the projects of the team.',
    priority: 0,
    isMinimumRoleFor: null,
    scopes: contributorScopes,
  },
  admin: {
    id: 'admin',
    name: 'Team Admin',
    desc: 'Can manage the team, its members and its projects.',
    priority: 1,
    isMinimumRoleFor: 'admin',
    scopes: [
      ...contributorScopes,
      'event:admin',
      'project:write',
      'project:admin',
      'team:write',
      'team:admin',
      'org:integrations',
      'alerts:write',
    ],
  },
};

/** The two settings that remove scopes from the lowest roles (REST contract 3.3). */
export interface ScopeSettings {
  readonly eventsMemberAdmin: boolean;
  readonly alertsMemberWrite: boolean;
}

function adjustScopes(held: readonly Scope[], settings: ScopeSettings): readonly Scope[] {
  const isTrusted = held.includes('org:write') || held.includes('project:write') || held.includes('team:write');
  if (isTrusted) return held;
  return held.filter((scope) =>
    scope === 'event:admin' ? settings.eventsMemberAdmin : scope === 'alerts:write' ? settings.alertsMemberWrite : true,
  );
}

export function scopesOfOrgRole(role: OrgRoleId, settings: ScopeSettings): readonly Scope[] {
  return adjustScopes(orgRoles[role].scopes, settings);
}

const settingsOfOrganizations: readonly ScopeSettings[] = [0, 1, 2, 3].map((bits) => ({
  eventsMemberAdmin: (bits & 1) !== 0,
  alertsMemberWrite: (bits & 2) !== 0,
}));

/** One set for each role and each combination of the settings, because every decision reads one. */
const scopeSets = Object.fromEntries(
  orgRoleIds.map((role) => [role, settingsOfOrganizations.map((settings) => new Set(scopesOfOrgRole(role, settings)))]),
) as unknown as Readonly<Record<OrgRoleId, readonly ReadonlySet<Scope>[]>>;

/** The scopes of `scopesOfOrgRole` as a set. */
export function scopeSetOfOrgRole(role: OrgRoleId, { eventsMemberAdmin, alertsMemberWrite }: ScopeSettings): ReadonlySet<Scope> {
  return scopeSets[role][(eventsMemberAdmin ? 1 : 0) + (alertsMemberWrite ? 2 : 0)]!;
}

export function scopesOfTeamRole(role: TeamRoleId, settings: ScopeSettings): readonly Scope[] {
  return adjustScopes(teamRoles[role].scopes, settings);
}

/** The higher of the stored role and the org role's minimum (REST contract 4.2). */
export function effectiveTeamRole(stored: TeamRoleId | null, orgRole: OrgRoleId): TeamRoleId {
  const minimum = orgRoles[orgRole].minimumTeamRole;
  return stored !== null && teamRoles[stored].priority > teamRoles[minimum].priority ? stored : minimum;
}

/**
 * A team role that is not above the org role's minimum is stored as null (REST contract 4.2, 17.6).
 */
export function toStoredTeamRole(role: TeamRoleId | null, orgRole: OrgRoleId): TeamRoleId | null {
  return role !== null && teamRoles[role].priority > teamRoles[orgRoles[orgRole].minimumTeamRole].priority ? role : null;
}

/**
 * Roles whose scopes are a subset of the assigner's own: what they may assign or invite (REST
 * contract 4.3).
 */
export function assignableOrgRoles(assigner: OrgRoleId, settings: ScopeSettings): readonly OrgRoleId[] {
  const own = new Set(scopesOfOrgRole(assigner, settings));
  return orgRoleIds.filter((role) => scopesOfOrgRole(role, settings).every((scope) => own.has(scope)));
}
