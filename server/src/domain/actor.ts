import type { MemberRecord, OrgState, Scope, Who } from '@rollcall/protocol';

/** Who writes or reads. `tokenScopes` is already expanded; null is a session, which has all the role gives. */
export type Actor =
  | { readonly kind: 'user'; readonly userId: string; readonly tokenScopes: ReadonlySet<Scope> | null; readonly boundOrgId: string | null }
  | { readonly kind: 'org-token'; readonly tokenId: string; readonly orgId: string; readonly tokenScopes: ReadonlySet<Scope> }
  /** Whoever runs the server. */
  | { readonly kind: 'operator' }
  /** The server itself, following up on something. */
  | { readonly kind: 'system' };

/** The session or token of ours that a caller acts by. It may end between the look at it and what it is used for. */
export interface UsedCredential {
  readonly kind: 'session' | 'token';
  readonly id: string;
}

export type UserActor = Extract<Actor, { kind: 'user' }>;

/** Null for whoever is no user. */
export function userIdOf(actor: Actor): string | null {
  return actor.kind === 'user' ? actor.userId : null;
}

/** As the log and the idempotency keys name them. */
export function formatActor(actor: Actor): string {
  if (actor.kind === 'user') return `user:${actor.userId}`;
  if (actor.kind === 'org-token') return `org-token:${actor.tokenId}`;
  return actor.kind;
}

/** The caller as `can()` takes it. The operator is not a person and is never judged by an organization's state. */
export function whoOf(actor: Exclude<Actor, { kind: 'operator' | 'system' }>): Who {
  if (actor.kind === 'org-token') return { tokenScopes: actor.tokenScopes };
  return actor.tokenScopes ? { userId: actor.userId, tokenScopes: actor.tokenScopes } : { userId: actor.userId };
}

/** The actor's own member; null for whoever is none, and for what is no user. */
export function memberOfActor(state: OrgState, actor: Actor): MemberRecord | null {
  return actor.kind === 'user' ? state.memberOfUser(actor.userId) : null;
}

export function isSelf(actor: Actor, { user }: MemberRecord): boolean {
  return actor.kind === 'user' && user?.id === actor.userId;
}
