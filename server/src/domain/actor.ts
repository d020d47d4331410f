import type { Collection, MemberRecord, OrgState, Scope, Who } from '@rollcall/protocol';
import { type CallerCircumstances, type SecondFactor, type SessionLogin, type SsoBindings, whoOfUser } from './caller-access.ts';
import { bootstrapName, type OperatorActor } from './operator.ts';

/** A user, as authenticated by a session or token. */
export interface UserCredential {
  readonly kind: 'user';
  readonly userId: string;
  /** Already expanded. Null for a session, which has all scopes of the role. */
  readonly tokenScopes: ReadonlySet<Scope> | null;
  /** See `CallerCircumstances`. */
  readonly boundOrgIds: ReadonlySet<string> | null;
  readonly bindings: SsoBindings | null;
  readonly secondFactor?: SecondFactor;
  readonly login?: SessionLogin;
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

/**
 * A service of the operator, such as a product's back end, as authenticated by a service token. It
 * belongs to no organization, and has access to all of them.
 */
export interface ServiceCredential {
  readonly kind: 'service';
  readonly tokenId: string;
  /** The scopes of its requests. What its subscriptions contain depends on `collections` only. */
  readonly tokenScopes: ReadonlySet<Scope>;
  /** The collections that its subscriptions may contain. Null for all. */
  readonly collections: readonly Collection[] | null;
  /** The addresses and networks from which the token is valid. Null for any address. */
  readonly allowedFrom: readonly string[] | null;
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
  | (ServiceCredential & Provenance)
  | OperatorActor
  | SystemActor;

/** The server itself, when it follows up on something. */
export interface SystemActor {
  readonly kind: 'system';
  /** The name of the operator who requested the work. Absent if none did. */
  readonly operatorName?: string;
}

/** The session or token that a caller uses. It may end between the check and its use. */
export interface UsedCredential {
  readonly kind: 'session' | 'token' | 'service-token';
  readonly id: string;
}

export type UserActor = Extract<Actor, { kind: 'user' }>;
/** An actor that a credential authenticates. `callerAccessOf` decides on its access. */
export type CallingActor = Exclude<Actor, { kind: 'operator' | 'system' }>;

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

/**
 * Whether a user's credential is limited to some organizations: a session that began with single
 * sign-on, or a token for one organization (REST contract 13.2).
 */
export function isBound(actor: Actor): boolean {
  return actor.kind === 'user' && actor.boundOrgIds !== null;
}

/** The name of the operator who acts, or for whom the server acts. Null for other actors. */
export function operatorNameOf(actor: Actor): string | null {
  if (actor.kind === 'operator') return actor.name;
  return actor.kind === 'system' ? (actor.operatorName ?? null) : null;
}

/**
 * The actor's name in the log and in idempotency keys. Each operator has keys of their own, because
 * the tools of several operators may choose equal ones.
 */
export function formatActor(actor: Actor): string {
  if (actor.kind === 'user') return `user:${actor.userId}`;
  if (actor.kind === 'operator') return actor.name === bootstrapName ? actor.kind : `${actor.kind}:${actor.name}`;
  if (actor.kind === 'org-token' || actor.kind === 'service') return `${actor.kind}:${actor.tokenId}`;
  return actor.kind;
}

export function isCalling(actor: Actor): actor is CallingActor {
  return actor.kind !== 'operator' && actor.kind !== 'system';
}

/** Whether a token stands for the caller itself, and not for a user (REST contract 2). */
export function hasNoUser({ kind }: Actor): boolean {
  return kind === 'org-token' || kind === 'service';
}

/** Returns the same actor, with its access evaluated for another time. */
export function actorAt(actor: Actor, at: number): Actor {
  return isCalling(actor) ? { ...actor, at } : actor;
}

/**
 * The caller in the form that `can()` takes. The operator is not a person, so an organization's
 * state never decides the operator's access.
 */
export function whoOf(actor: CallingActor): Who {
  return actor.kind === 'user' ? whoOfUser(actor.userId, actor.tokenScopes) : { tokenScopes: actor.tokenScopes };
}

/**
 * An organization token is bound to its organization, and needs no single sign-on. No setting of an
 * organization restricts a service.
 */
export function circumstancesOf(actor: CallingActor): CallerCircumstances {
  const { address, isAddressExempt } = actor;
  const exempt = isAddressExempt ? { isAddressExempt } : {};
  if (actor.kind === 'service') return { boundOrgIds: null, bindings: null, address, isAddressExempt: true };
  if (actor.kind === 'org-token') return { boundOrgIds: new Set([actor.orgId]), bindings: null, address, ...exempt };
  const { boundOrgIds, bindings, secondFactor, login } = actor;
  return { boundOrgIds, bindings, address, ...exempt, ...(secondFactor && { secondFactor }), ...(login && { login }) };
}

/** The actor's own member. Null if the actor is not a user, or not a member. */
export function memberOfActor(state: OrgState, actor: Actor): MemberRecord | null {
  return actor.kind === 'user' ? state.memberOfUser(actor.userId) : null;
}

export function isSelf(actor: Actor, { user }: MemberRecord): boolean {
  return actor.kind === 'user' && user?.id === actor.userId;
}
