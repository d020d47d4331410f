import type { GoodbyeReason } from '@rollcall/protocol';
import type { CallingActor } from '../domain/actor.ts';
import type { Revocation } from '../domain/server-stream.ts';
import type { Authentication, Caller } from '../identity/caller.ts';
import { useSecondFactor } from './change-second-factor.ts';

/**
 * The range in which clients reconnect with a new credential, the same as for a drain: 5,000
 * connections are two per millisecond.
 */
const reauthenticateRetryMs = [100, 3_000] as const;

/**
 * A login renews the session's cookie, and its response may reach the browser after the socket has
 * closed.
 */
const rebindRetryMs = [1_000, 3_000] as const;

/** A socket, or a request of the changes API. */
export interface Connection {
  readonly caller: Caller;
  readonly staleCount: number;
  unsentBytes(): number;
  /** Ends the connection. Returns the number of subscriptions that end with it. */
  goodbye(reason: GoodbyeReason, retryAfterMs: readonly [number, number] | null): number;
  /**
   * The user of the connection has set up a second factor, or has none any more. Returns the number
   * of subscriptions that end.
   */
  changeSecondFactor(isMissing: boolean): number;
}

/**
 * All open connections, indexed by user and by credential, so that the end of a user or a
 * credential closes its connections.
 */
export class Connections {
  readonly #all = new Set<Connection>();
  readonly #byUser = new Map<string, Set<Connection>>();
  readonly #byCredential = new Map<string, Set<Connection>>();

  get size(): number {
    return this.#all.size;
  }

  /** The sum over all connections of the bytes that this process holds. */
  get unsentBytes(): number {
    let bytes = 0;
    for (const connection of this.#all) bytes += connection.unsentBytes();
    return bytes;
  }

  /** The number of replicas that clients reported as older than their lease. */
  get staleCount(): number {
    let count = 0;
    for (const connection of this.#all) count += connection.staleCount;
    return count;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    for (const [index, key] of this.#keysOf(connection)) index.set(key, (index.get(key) ?? new Set()).add(connection));
  }

  remove(connection: Connection): void {
    this.#all.delete(connection);
    for (const [index, key] of this.#keysOf(connection)) {
      const found = index.get(key);
      if (found?.delete(connection) && found.size === 0) index.delete(key);
    }
  }

  /** Returns the number of subscriptions that the connections had. */
  revoke(revocation: Revocation): number {
    const found = 'userId' in revocation ? this.#byUser.get(revocation.userId) : this.#byCredential.get(revocation.credentialId);
    const affected = [...(found ?? [])].filter(({ caller }) => appliesTo(revocation, caller));
    return affected.reduce((ended, connection) => ended + endConnection(connection, revocation), 0);
  }

  /**
   * The credentials that opened the connections, each once. Tokens of other issuers are left out,
   * because their use is not recorded here.
   */
  openCredentials(): {
    readonly sessionIds: readonly string[];
    readonly tokenIds: readonly string[];
    readonly services: readonly CallingActor[];
  } {
    const sessionIds = new Set<string>();
    const tokenIds = new Set<string>();
    const services = new Map<string, CallingActor>();
    for (const { caller } of this.#all) {
      if (caller.session) sessionIds.add(caller.credentialId);
      else if (caller.actor.kind === 'service') services.set(caller.credentialId, caller.actor);
      else if (!caller.ofTrustedIssuer) tokenIds.add(caller.credentialId);
    }
    return { sessionIds: [...sessionIds], tokenIds: [...tokenIds], services: [...services.values()] };
  }

  /**
   * Closes all connections, because this instance may have missed revocations. The clients
   * reconnect over some seconds, and each credential is checked again.
   */
  closeToReauthenticate(): void {
    for (const connection of [...this.#all]) connection.goodbye('overloaded', reauthenticateRetryMs);
  }

  /** Closes all connections. The clients reconnect to other instances, spread over the range. */
  drain(retryAfterMs: readonly [number, number]): void {
    for (const connection of [...this.#all]) connection.goodbye('draining', retryAfterMs);
  }

  #keysOf({ caller }: Connection): [Map<string, Set<Connection>>, string][] {
    const { actor, credentialId } = caller;
    const keys: [Map<string, Set<Connection>>, string][] = [[this.#byCredential, credentialId]];
    if (actor.kind === 'user') keys.push([this.#byUser, actor.userId]);
    return keys;
  }
}

const passingKinds = ['binding-changed', 'identity-changed', 'second-factor-changed', 'second-factor-used', 'login-renewed'] as const;

/** Whether the same credential may still be valid, with other rights or another identity. */
export function mayAuthenticateAgain(revocation: Revocation): revocation is Extract<Revocation, { kind: (typeof passingKinds)[number] }> {
  return passingKinds.some((kind) => kind === revocation.kind);
}

/**
 * Ends a connection, or its subscriptions that have no access any more. Returns the number of
 * subscriptions that end.
 */
export function endConnection(connection: Connection, revocation: Revocation): number {
  if (revocation.kind === 'second-factor-used') {
    useSecondFactor(connection.caller);
    return 0;
  }
  if (revocation.kind === 'second-factor-changed') return connection.changeSecondFactor(revocation.isMissing);
  if (revocation.kind === 'login-renewed') return renewLogin(connection.caller, revocation.at);
  if (mayAuthenticateAgain(revocation)) return authenticateAgain(connection);
  return connection.goodbye(revocation.kind, null);
}

/** The viewers of the connection's subscriptions share the login with the caller. */
function renewLogin({ actor }: Caller, at: number): 0 {
  if (actor.kind === 'user' && actor.login) actor.login.at = at;
  return 0;
}

/** Closes a connection whose client may connect again. Returns the number of its subscriptions. */
export function authenticateAgain(connection: Connection): number {
  return connection.goodbye('overloaded', rebindRetryMs);
}

/** Whether a revocation ends requests that this caller has begun. */
export function endsRequests(revocation: Revocation, authentication: Authentication): boolean {
  if (revocation.kind === 'login-renewed' || revocation.kind === 'second-factor-used') return false;
  return appliesTo(revocation, authentication) && (revocation.kind !== 'second-factor-changed' || revocation.isMissing);
}

/** Whether a revocation applies to this caller. */
export function appliesTo(revocation: Revocation, authentication: Authentication): boolean {
  if (!('userId' in revocation)) return authentication.credentialId === revocation.credentialId;
  const { actor } = authentication;
  if (actor.kind !== 'user' || actor.userId !== revocation.userId) return false;
  return revocation.kind !== 'identity-changed' || authentication.ofTrustedIssuer !== undefined;
}
