import {
  type Access,
  accessOf,
  isRecoveryOwner,
  isSsoLinked,
  type MemberRecord,
  type OrgState,
  type Scope,
  type Who,
  type Why,
} from '@rollcall/protocol';
import { isAddressAllowed } from './address-rules.ts';

/**
 * The only place that decides whether a caller gets into an organization, for REST, the socket and
 * every other way in (case S-15). The first failing check decides: the reach of the credential,
 * membership, the user, the second factor, single sign-on by the state, single sign-on of the
 * session, the age of the session's login, the address.
 */

/** A session's login by single sign-on to one organization. */
export interface SsoBinding {
  readonly providerId: string;
  /** The provider's generation at the time of the login. */
  readonly generation: number;
  /** ISO 8601. */
  readonly expiresAt: string;
  /** The member that the identity is linked to. A person who returns after a removal is another. */
  readonly memberId: string;
}

/** The bindings of a session, by organization id. */
export type SsoBindings = ReadonlyMap<string, SsoBinding>;

/** The facts about a caller that decide on access, besides their identity. */
export interface CallerCircumstances {
  /**
   * The organizations for which the credential is valid. Null for all of the user's. An
   * organization token, and a user token that is bound to one organization, have one. A session
   * that began with single sign-on has those of its bindings.
   */
  readonly boundOrgIds: ReadonlySet<string> | null;
  /** Null for a token, which needs no binding. */
  readonly bindings: SsoBindings | null;
  /** As `addressOf` returns it. Null if it is unknown. */
  readonly address: string | null;
  /** See `Actor`. */
  readonly isAddressExempt?: true;
  /** Absent for a token without a user, and for a user for whom the server acts by itself. */
  readonly secondFactor?: SecondFactor;
  /** Only for a session that began with a password. */
  readonly login?: SessionLogin;
}

/**
 * When the user of a session last proved their identity. Organization 0 updates it on open
 * connections, and all their subscriptions share the object.
 */
export interface SessionLogin {
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * The second factor of a caller. Organization 0 updates it on open connections, and all their
 * subscriptions share the object.
 */
export interface SecondFactor {
  /**
   * Whether the user has none now. A user's member records may still have another value for up to a
   * minute.
   */
  isMissing: boolean;
  /**
   * Whether the login used none: that of a session, or that of a token of a trusted issuer of which
   * the operator requires one (`JWT_ACR`). Absent where the account alone counts: for tokens of
   * this server, and for sessions that a version without this rule opened.
   */
  isUnused?: boolean;
  /** Whether the server requires it of the session everywhere (`REQUIRE_2FA`). */
  readonly isRequired?: boolean;
}

export type Denial = Why | 'out-of-reach' | 'sudo-required' | 'address-not-allowed';

export type CallerAccess = { readonly denied: Denial } | (Access & { readonly denied: null });

/** @param now milliseconds since 1970 */
export function callerAccessOf(state: OrgState, who: Who, circumstances: CallerCircumstances, now: number): CallerAccess {
  const organization = state.organization;
  if (!organization) return { denied: 'no-organization' };
  if (circumstances.boundOrgIds?.has(organization.id) === false) return { denied: 'out-of-reach' };
  const access = accessOf(state, who);
  if (access.denied) return access;
  if (access.member && lacksSecondFactor(circumstances)) {
    if (organization.require2FA || circumstances.secondFactor?.isRequired) return { denied: 'two-factor-required' };
    // Recovery owners need no link, but a second factor.
    if (organization.requiresSso && !isSsoLinked(access.member)) return { denied: 'sso-required' };
  }
  const isRecovery = access.member !== null && isRecoveryOwner(access.member) && circumstances.boundOrgIds === null;
  if (needsBinding(organization.requiresSso && !isRecovery, circumstances)) {
    // A binding ends with its identity, whose end is a flag of the member, or with the member.
    const isLinked = access.member !== null && isSsoLinked(access.member) && isBound(access.member, circumstances, organization.id);
    if (!isLinked || !hasLiveBinding(state, circumstances, now)) return { denied: 'sso-required' };
  }
  const loginEnd = loginEndOf(state, circumstances);
  if (loginEnd !== null && loginEnd <= now && !hasLiveBinding(state, circumstances, now)) return { denied: 'sudo-required' };
  const list = state.ipAllowList;
  if (list && !circumstances.isAddressExempt && !isAddressAllowed(list, circumstances.address, now))
    return { denied: 'address-not-allowed' };
  return access;
}

/**
 * When the login of a session becomes too old for the organization, in milliseconds since 1970.
 * Null if it doesn't. A login by single sign-on has a lifetime of its own, that of its binding.
 */
export function loginEndOf({ organization }: Pick<OrgState, 'organization'>, { login }: Pick<CallerCircumstances, 'login'>): number | null {
  const hours = organization?.sessionHours ?? null;
  return hours === null || login === undefined ? null : login.at + hours * 3_600_000;
}

/** Whether the caller has no access where a second factor is required. */
export function lacksSecondFactor({ secondFactor }: Pick<CallerCircumstances, 'secondFactor'>): boolean {
  return secondFactor !== undefined && (secondFactor.isMissing || secondFactor.isUnused === true);
}

/** The part that a session lacks of a second factor which the server requires. */
export function neededSecondFactorOf({ secondFactor }: Pick<CallerCircumstances, 'secondFactor'>): 'setup' | 'code' | null {
  if (!secondFactor?.isRequired || !lacksSecondFactor({ secondFactor })) return null;
  return secondFactor.isMissing ? 'setup' : 'code';
}

/** A session that began with single sign-on has access by its bindings only. */
function needsBinding(requiresSso: boolean, { bindings, boundOrgIds }: CallerCircumstances): boolean {
  return bindings !== null && (requiresSso || boundOrgIds !== null);
}

function isBound({ id }: MemberRecord, { bindings }: CallerCircumstances, orgId: string): boolean {
  return bindings?.get(orgId)?.memberId === id;
}

/** @param now milliseconds since 1970 */
export function hasLiveBinding(
  { organization, authProvider }: Pick<OrgState, 'organization' | 'authProvider'>,
  { bindings }: Pick<CallerCircumstances, 'bindings'>,
  now: number,
): boolean {
  const binding = bindings?.get(organization!.id);
  return (
    binding !== undefined &&
    binding.providerId === authProvider?.id &&
    authProvider.status === 'active' &&
    binding.generation === authProvider.generation &&
    Date.parse(binding.expiresAt) > now
  );
}

/** @param tokenScopes null for a session */
export function whoOfUser(userId: string, tokenScopes: ReadonlySet<Scope> | null): Who {
  return tokenScopes ? { userId, tokenScopes } : { userId };
}
