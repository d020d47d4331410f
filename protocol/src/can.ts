import type { OrgState } from './org-state.ts';
import { noProductScopes, type ProductScopes, type ScopeName } from './permissions.ts';
import type { MemberRecord, OrganizationRecord } from './records.ts';
import {
  assignableOrgRoles,
  effectiveTeamRole,
  type OrgRoleId,
  orgRoles,
  type Scope,
  scopeSetOfOrgRole,
  scopesOfTeamRole,
  type TeamRoleId,
  teamRoles,
} from './roles.ts';

/**
 * The subject of a decision. `tokenScopes` limits what a token may do (already expanded). It is
 * absent for a session, which has all scopes of the role. A caller without a user (an organization
 * token) has only its scopes.
 */
export type Who =
  | { readonly userId: string; readonly tokenScopes?: ReadonlySet<Scope> }
  | { readonly memberId: string; readonly tokenScopes?: ReadonlySet<Scope> }
  | { readonly tokenScopes: ReadonlySet<Scope> };

/** The team or project of a decision. Absent for the organization itself. */
export type On = { readonly teamId: string } | { readonly projectId: string };

export type Why =
  | 'org-role'
  | 'team-role'
  | 'token-scopes'
  | 'no-organization'
  | 'not-a-member'
  | 'pending'
  | 'user-inactive'
  | 'two-factor-required'
  | 'sso-required'
  | 'missing-scope'
  | 'not-on-team'
  | 'no-team'
  | 'no-project';

export interface Decision {
  readonly allowed: boolean;
  readonly why: Why;
}

const allowedBecause = (why: Why): Decision => ({ allowed: true, why });
const deniedBecause = (why: Why): Decision => ({ allowed: false, why });

/** A caller's rights in an organization, before any team or project is considered. */
export type Access =
  | { readonly denied: Why }
  | {
      readonly denied: null;
      readonly scopes: ReadonlySet<Scope>;
      readonly member: MemberRecord | null;
      readonly tokenScopes: ReadonlySet<Scope> | null;
    };

/**
 * Evaluates a caller's access by the state alone: membership, 2FA, single sign-on, role and token
 * (REST contract 3.1). Every decision goes through this function.
 */
export function accessOf(state: OrgState, who: Who): Access {
  const organization = state.organization;
  if (!organization) return { denied: 'no-organization' };
  const tokenScopes = who.tokenScopes ?? null;
  const member = memberOf(state, who);
  if (member === 'none') return { denied: null, scopes: tokenScopes!, member: null, tokenScopes };
  if (!member) return { denied: 'not-a-member' };
  if (!member.user) return { denied: 'pending' };
  if (!member.user.isActive) return { denied: 'user-inactive' };
  if (organization.require2FA && !member.user.has2fa) return { denied: 'two-factor-required' };
  if (organization.requiresSso && !isSsoLinked(member) && !isRecoveryOwner(member)) return { denied: 'sso-required' };
  const roleScopes = scopeSetOfOrgRole(member.orgRole, organization);
  return { denied: null, scopes: tokenScopes ? capTo(roleScopes, tokenScopes) : roleScopes, member, tokenScopes };
}

/** Whether the member's identity at the provider is linked and valid. */
export function isSsoLinked({ flags }: MemberRecord): boolean {
  return flags['sso:linked'] && !flags['sso:invalid'];
}

/** Whether the member gets in without single sign-on. It takes an owner with a second factor. */
export function isRecoveryOwner({ isRecoveryOwner: isChosen, orgRole, user }: MemberRecord): boolean {
  return isChosen === true && orgRole === 'owner' && user?.has2fa === true;
}

function memberOf(state: OrgState, who: Who): MemberRecord | null | 'none' {
  if ('userId' in who) return state.memberOfUser(who.userId);
  if ('memberId' in who) return state.member(who.memberId);
  return 'none';
}

function capTo(held: ReadonlySet<Scope>, cap: ReadonlySet<Scope>): ReadonlySet<Scope> {
  return new Set([...held].filter((scope) => cap.has(scope)));
}

/**
 * Whether `who` has `scope` in this organization, or on one of its teams or projects. The server's
 * authorization, the audiences and the SDK's local check all call this function (REST contract
 * 3.4). A list of scopes means any one of them. Rollcall's own authorization passes no product
 * scopes.
 */
export function can(
  state: OrgState,
  who: Who,
  scope: ScopeName | readonly ScopeName[],
  on?: On,
  productScopes: ProductScopes = noProductScopes,
): Decision {
  const access = accessOf(state, who);
  if (access.denied) return deniedBecause(access.denied);
  const isHeld = (one: ScopeName) => access.scopes.has(one as Scope) || hasProductScope(productScopes, access, one);
  const byOrgRole = typeof scope === 'string' ? isHeld(scope) : scope.some(isHeld);
  const because = allowedBecause(access.member ? 'org-role' : 'token-scopes');
  if (!on) return byOrgRole ? because : deniedBecause('missing-scope');

  if ('teamId' in on) {
    if (!state.team(on.teamId)) return deniedBecause('no-team');
    if (byOrgRole && hasTeamAccess(state, access.member, [on.teamId])) return because;
    if (hasTeamScope(state, access, [scope].flat(), [on.teamId], productScopes)) return allowedBecause('team-role');
    return deniedBecause(hasTeamAccess(state, access.member, [on.teamId]) ? 'missing-scope' : 'not-on-team');
  }
  if (!state.project(on.projectId)) return deniedBecause('no-project');
  const teamIds = [...state.teamIdsOfProject(on.projectId)];
  if (byOrgRole && hasTeamAccess(state, access.member, teamIds)) return because;
  if (hasTeamScope(state, access, [scope].flat(), teamIds, productScopes)) return allowedBecause('team-role');
  return deniedBecause(hasTeamAccess(state, access.member, teamIds) ? 'missing-scope' : 'not-on-team');
}

type Granted = Access & { readonly denied: null };

/** Whether the org role has a product scope. Tokens have no product scopes. */
function hasProductScope(productScopes: ProductScopes, { member, tokenScopes }: Granted, scope: ScopeName): boolean {
  return member !== null && !tokenScopes && productScopes.get(scope)?.orgRoles.includes(member.orgRole) === true;
}

/**
 * Open membership or a global role gives access to every team. Otherwise the member must be on one
 * of the teams. A token without a user has access by its scopes.
 */
export function hasTeamAccess(state: OrgState, member: MemberRecord | null, teamIds: Iterable<string>): boolean {
  if (!member || hasGlobalAccess(state.organization!, member)) return true;
  for (const teamId of teamIds) if (state.teamMember(teamId, member.id)) return true;
  return false;
}

export function hasGlobalAccess(organization: OrganizationRecord, member: MemberRecord): boolean {
  return organization.openMembership || orgRoles[member.orgRole].isGlobal;
}

/**
 * A team role's scopes apply to that team only, and are limited to the token's (REST contract 3.4).
 */
function hasTeamScope(
  state: OrgState,
  { member, tokenScopes }: Granted,
  wanted: readonly ScopeName[],
  teamIds: Iterable<string>,
  productScopes: ProductScopes,
): boolean {
  if (!member) return false;
  for (const teamId of teamIds) {
    const row = state.teamMember(teamId, member.id);
    if (!row) continue;
    const role = effectiveTeamRole(row.teamRole, member.orgRole);
    const held: readonly ScopeName[] = scopesOfTeamRole(role, state.organization!);
    const isHeld = (scope: ScopeName) =>
      tokenScopes
        ? held.includes(scope) && tokenScopes.has(scope as Scope)
        : held.includes(scope) || productScopes.get(scope)?.teamRoles.includes(role);
    if (wanted.some(isHeld)) return true;
  }
  return false;
}

/**
 * "Can admin team T": on the team, and team:write there, or org:write or member:write anywhere
 * (REST contract 3.4).
 */
export function canAdminTeam(state: OrgState, who: Who, teamId: string): boolean {
  const access = accessOf(state, who);
  if (access.denied || !access.member || !state.teamMember(teamId, access.member.id)) return false;
  return access.scopes.has('org:write') || access.scopes.has('member:write') || can(state, who, 'team:write', { teamId }).allowed;
}

/**
 * A token needs one of these scopes to set a team role. Its user's team role is not a scope that
 * could limit it.
 */
const scopesToSetTeamRole: readonly Scope[] = ['org:write', 'member:write', 'team:write'];

/**
 * Whether `who` may set team role `role` on a team: by administering it, or by having at least that
 * role (REST contract 4.3).
 */
export function canSetTeamRole(state: OrgState, who: Who, role: TeamRoleId, teamId: string): boolean {
  if (canAdminTeam(state, who, teamId)) return true;
  const access = accessOf(state, who);
  if (access.denied || !access.member) return false;
  const { member, tokenScopes } = access;
  if (tokenScopes && !scopesToSetTeamRole.some((scope) => tokenScopes.has(scope))) return false;
  const own = state.teamMember(teamId, member.id);
  const highest = own ? effectiveTeamRole(own.teamRole, member.orgRole) : orgRoles[member.orgRole].minimumTeamRole;
  return teamRoles[highest].priority >= teamRoles[role].priority;
}

/** The org roles `who` may assign or invite. Empty without a member row (REST contract 4.3). */
export function assignableRoles(state: OrgState, who: Who): readonly OrgRoleId[] {
  const access = accessOf(state, who);
  return access.denied || !access.member ? [] : assignableOrgRoles(access.member.orgRole, state.organization!);
}

/** Equal priority is enough to remove a member (REST contract 4.3). */
export function isOutrankedBy(target: MemberRecord, actor: MemberRecord): boolean {
  return orgRoles[actor.orgRole].priority >= orgRoles[target.orgRole].priority;
}
