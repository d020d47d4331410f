import { OrgError } from '@rollcall/protocol';
import type { Actor, CallingActor, OrgTokenCredential, ServiceCredential, UsedCredential, UserCredential } from '../domain/actor.ts';
import { isAddressIn, networksFrom } from '../domain/address-networks.ts';

/** The identity that a credential proves, regardless of the request that contains it. */
export interface Authentication {
  readonly actor: UserCredential | OrgTokenCredential | ServiceCredential;
  /**
   * The id of the token or session. When the credential ends, everything that it opened ends too.
   */
  readonly credentialId: string;
  /** ISO 8601. Null if the credential does not expire. */
  readonly expiresAt: string | null;
  /** Null for a token. */
  readonly session: SessionFacts | null;
  /** Only for a token of a trusted issuer, which this server does not store. */
  readonly ofTrustedIssuer?: { readonly hasRecentLogin: boolean };
}

/** The caller of a request or a connection. */
export interface Caller extends Authentication {
  readonly actor: CallingActor;
}

/**
 * @param address as `addressOf` returns it
 * @param at milliseconds since 1970
 * @throws OrgError `address-not-allowed` for a service token that is not valid from this address
 */
export function callerFrom(authentication: Authentication, address: string | null, at: number): Caller {
  if (!isValidFrom(authentication, address)) throw new OrgError('address-not-allowed', 'The token is not valid from this address.');
  // The new fields come first. V8 creates a hidden class, of some 300 bytes, for each object whose
  // literal begins with the fields of another one and then adds fields.
  return { ...authentication, actor: { address, at, ...authentication.actor } };
}

/** Whether the credential may be used from this address. Only service tokens are limited. */
export function isValidFrom({ actor }: Authentication, address: string | null): boolean {
  return actor.kind !== 'service' || actor.allowedFrom === null || isAddressIn(networksFrom(actor.allowedFrom), address);
}

export interface SessionFacts {
  readonly username: string;
  /** Whether the user logged in recently (REST contract 16, `sudo-required`). */
  readonly isRecentLogin: boolean;
  /** Whether the user recently used a second factor in the session, to log in or to renew it. */
  readonly isRecentCode: boolean;
  /**
   * The organizations of a session that began with single sign-on whose provider authenticated the
   * user recently. Null for a session that began with a password.
   */
  readonly recentOrgIds: ReadonlySet<string> | null;
}

/**
 * The credential with which the caller creates another one. Null for a token of another issuer,
 * because this server does not store it.
 */
export function usedCredentialOf({ actor, credentialId, session, ofTrustedIssuer }: Caller): UsedCredential | null {
  if (session) return { kind: 'session', id: credentialId };
  if (actor.kind === 'service') return { kind: 'service-token', id: credentialId };
  return ofTrustedIssuer ? null : { kind: 'token', id: credentialId };
}

/**
 * The identity of a connection on the wire. If it differs from the previous one, clients drop their
 * replicas. The tokens of services that may see the same share an identity, so a client keeps its
 * replicas when its token is replaced by a successor.
 */
export function wireIdentityOf(authentication: Authentication): string {
  const { actor } = authentication;
  if (actor.kind !== 'service') return ownerKeyOf(authentication);
  return `service:${actor.collections === null ? 'all' : [...actor.collections].sort().join()}`;
}

/** Whether the credential is a token that this server has made. */
export function usesStoredToken({ session, ofTrustedIssuer }: Authentication): boolean {
  return session === null && ofTrustedIssuer === undefined;
}

/** The owner of a caller's requests and bytes, regardless of the number of their tokens. */
export function ownerKeyOf({ actor }: Authentication): string {
  if (actor.kind === 'user') return `user:${actor.userId}`;
  return actor.kind === 'service' ? `service:${actor.tokenId}` : `organization:${actor.orgId}`;
}

/**
 * The owner of the bytes that a write stores. Null for the operator and the server. A service
 * writes for all organizations, so it has an owner for each of them. The tokens of an organization
 * share one. The identity provider counts separately, so that no other token prevents it from
 * ending access.
 */
export function ownerOfStoredBytes(actor: Actor, orgId: string): string | null {
  if (actor.kind === 'operator' || actor.kind === 'system') return null;
  if (actor.kind === 'user') return `user:${actor.userId}`;
  if (actor.kind === 'service') return `service:${actor.tokenId} ${orgId}`;
  return `${actor.isForScim ? 'scim' : 'organization'}:${orgId}`;
}
