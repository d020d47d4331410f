import type { MemberRecord, OrgState, Scope, Who } from '@rollcall/protocol';
import { type CallerCircumstances, type SsoBindings, whoOfUser } from './caller-access.ts';

/** A user, as authenticated by a session or token. */
export interface UserCredential {
  readonly kind: 'user';
  readonly userId: string;
  /** Already expanded. Null for a session, which has all scopes of the role. */
  readonly tokenScopes: ReadonlySet<Scope> | null;
  /** See `CallerCircumstances`. */
  readonly boundOrgIds: ReadonlySet<string> | null;
  readonly bindings: SsoBindings | null;
}

/** An organization, as authenticated by one of its tokens. */
export interface OrgTokenCredential {
  readonly kind: 'org-token';
  readonly tokenId: string;
  readonly orgId: string;
  readonly tokenScopes: ReadonlySet<Scope>;
  /** The token of the organization's identity provider, which is valid for SCIM only. */
  readonly isForScim: boolean;
}

/** Where and when an actor acts. */
interface Provenance {
  /** The caller's address, as `addressOf` returns it. Null if it is unknown. */
  readonly address: string | null;
  /** Set for a user whose request a provider such as Slack sends. It has no address to check. */
  readonly isAddressExempt?: true;
  /**
   * The time for which access is evaluated, in milliseconds since 1970: that of the request, or
   * under the lock that of the transaction.
   */
  readonly at: number;
}

/** The actor of a command or a read. */
export type Actor =
  | (UserCredential & Provenance)
  | (OrgTokenCredential & Provenance)
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
/** An actor whose access an organization's state decides. */
export type CallingActor = Extract<Actor, { kind: 'user' | 'org-token' }>;

/**
 * A user for whom the server acts by itself, without a credential. The address is unknown, so an
 * organization with a list of addresses refuses it.
 */
export function userActor(userId: string): UserActor {
  return { kind: 'user', userId, tokenScopes: null, boundOrgIds: null, bindings: null, address: null, at: 0 };
}

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

/** The same actor, with access evaluated for another time. */
export function actorAt(actor: Actor, at: number): Actor {
  return actor.kind === 'user' || actor.kind === 'org-token' ? { ...actor, at } : actor;
}

/**
 * The caller in the form that `can()` takes. The operator is not a person, so an organization's
 * state never decides the operator's access.
 */
export function whoOf(actor: CallingActor): Who {
  return actor.kind === 'org-token' ? { tokenScopes: actor.tokenScopes } : whoOfUser(actor.userId, actor.tokenScopes);
}

/** An organization token is bound to its organization, and needs no single sign-on. */
export function circumstancesOf(actor: CallingActor): CallerCircumstances {
  const { address, isAddressExempt } = actor;
  const exempt = isAddressExempt ? { isAddressExempt } : {};
  if (actor.kind === 'org-token') return { boundOrgIds: new Set([actor.orgId]), bindings: null, address, ...exempt };
  return { boundOrgIds: actor.boundOrgIds, bindings: actor.bindings, address, ...exempt };
}

/** The actor's own member. Null if the actor is not a user, or not a member. */
export function memberOfActor(state: OrgState, actor: Actor): MemberRecord | null {
  return actor.kind === 'user' ? state.memberOfUser(actor.userId) : null;
}

export function isSelf(actor: Actor, { user }: MemberRecord): boolean {
  return actor.kind === 'user' && user?.id === actor.userId;
}
