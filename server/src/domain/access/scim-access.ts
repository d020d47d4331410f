import type { AuthProviderRecord, OrgState, Scope } from '@rollcall/protocol';
import { type Actor, memberOfActor } from '../actor.ts';
import { authorize, forbidden } from '../authorize.ts';

/** Whether the identity provider manages the members and teams of its organization. */
export function isForScim(provider: AuthProviderRecord | null): boolean {
  return provider?.status === 'active' && provider.scimEnabled;
}

export function usesScim({ authProvider }: OrgState): boolean {
  return isForScim(authProvider);
}

/**
 * SCIM does not compare the ranks of roles, so an identity provider may remove every member except
 * the last owner. It is therefore open to the token of the provider and to owners only (REST
 * contract 12).
 * @throws OrgError as `authorize`; `forbidden` also if the organization has not enabled SCIM
 */
export function authorizeScim(state: OrgState, actor: Actor, scopes: readonly Scope[]): void {
  authorize(state, actor, scopes);
  if (!usesScim(state)) throw forbidden();
  if (actor.kind === 'service' || (actor.kind === 'org-token' && !actor.isForScim)) throw forbidden();
  if (actor.kind === 'user' && memberOfActor(state, actor)?.orgRole !== 'owner') throw forbidden();
}
