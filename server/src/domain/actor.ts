import type { MemberRecord, OrgState, Scope, Who } from '@rollcall/protocol';

/**
 * The actor of a command or a read. `tokenScopes` is already expanded. It is null for a session,
 * which has all scopes of the role.
 */
export type Actor =
  | { readonly kind: 'user'; readonly userId: string; readonly tokenScopes: ReadonlySet<Scope> | null; readonly boundOrgId: string | null }
  | { readonly kind: 'org-token'; readonly tokenId: string; readonly orgId: string; readonly tokenScopes: ReadonlySet<Scope> }
  /** The operator of the server. */
  | { readonly kind: 'operator' }
  /** The server itself, when it follows up on something. */
  | { readonly kind: 'system' };

/** The session or user token that a caller uses. It may end between the check and its use. */
export interface UsedCredential {
  readonly kind: 'session' | 'token';
  readonly id: string;
}

export type UserActor = Extract<Actor, { kind: 'user' }>;

/** Returns null for an actor that is not a user. */
export function userIdOf(actor: Actor): string | null {
  return actor.kind === 'user' ? actor.userId : null;
}

/** The actor's name in the log and in idempotency keys. */
export function formatActor(actor: Actor): string {
  if (actor.kind === 'user') return `user:${actor.userId}`;
  if (actor.kind === 'org-token') return `org-token:${actor.tokenId}`;
  return actor.kind;
}

/**
 * The caller in the form that `can()` takes. The operator is not a person, so an organization's
 * state never decides the operator's access.
 */
export function whoOf(actor: Exclude<Actor, { kind: 'operator' | 'system' }>): Who {
  if (actor.kind === 'org-token') return { tokenScopes: actor.tokenScopes };
  return actor.tokenScopes ? { userId: actor.userId, tokenScopes: actor.tokenScopes } : { userId: actor.userId };
}

/** The actor's own member. Null if the actor is not a user, or not a member. */
export function memberOfActor(state: OrgState, actor: Actor): MemberRecord | null {
  return actor.kind === 'user' ? state.memberOfUser(actor.userId) : null;
}

export function isSelf(actor: Actor, { user }: MemberRecord): boolean {
  return actor.kind === 'user' && user?.id === actor.userId;
}
