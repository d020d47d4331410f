import { type AuthProviderRecord, type MemberRecord, type OrganizationRecord, OrgState } from '@rollcall/protocol';
import { callerAccessOf, type SsoBinding, whoOfUser } from '../../../domain/caller-access.ts';

/** The login of a viewer's session. Null for a token. */
export interface ViewerLogin {
  readonly userId: string | null;
  readonly session: { readonly isFull: boolean; readonly binding: Omit<SsoBinding, 'memberId'> | null } | null;
}

/**
 * Returns whether single sign-on would end a viewer's access if it became required now. It
 * evaluates the same rules as live access. Organization tokens need no single sign-on.
 * @param members those of the viewers' users
 * @param now milliseconds since 1970
 */
export function endedBySso(
  organization: OrganizationRecord,
  provider: AuthProviderRecord,
  members: readonly MemberRecord[],
  now: number,
): (viewer: ViewerLogin) => boolean {
  const state = OrgState.from([
    { kind: 'organization', record: { ...organization, hasAuthProvider: true, requiresSso: true } },
    { kind: 'auth-provider', record: { ...provider, status: 'active', requireLink: true } },
    ...members.map((record) => ({ kind: 'member', record })),
  ]);
  return ({ userId, session }) => {
    if (userId === null) return false;
    // A viewer is a member at the moment, so the binding is that of the member.
    const memberId = state.memberOfUser(userId)?.id ?? '';
    const bindings = session && new Map(session.binding ? [[organization.id, { ...session.binding, memberId }]] : []);
    const boundOrgIds = session?.isFull === false ? new Set([organization.id]) : null;
    const access = callerAccessOf(state, whoOfUser(userId, session ? null : new Set()), { bindings, boundOrgIds, address: null }, now);
    return access.denied === 'sso-required';
  };
}
