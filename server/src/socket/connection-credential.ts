import { isDeepStrictEqual } from 'node:util';
import { type CredentialAck, credentialSchema, wireVersion } from '@rollcall/protocol';
import { type Authentication, type Caller, callerFrom, wireIdentityOf } from '../identity/caller.ts';
import type { ServerStream } from '../read-path/server-stream.ts';
import { type Clock, runAt } from '../runtime/clock.ts';
import { socketLimits } from '../runtime/limits/rows/sockets.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import type { Connection } from './connection.ts';
import { appliesTo, authenticateAgain, type Connections, endConnection } from './connections.ts';
import { type AuthenticatedHandshake, HandshakeError, type Handshakes, type SocketRefusal } from './handshake.ts';
import { MessageAllowance } from './limits/message-allowance.ts';
import type { GuardedSocket } from './sending/guarded-socket.ts';

/** Retries of a client whose token function failed for a while. */
const renewalBurstSeconds = 10;
/** The retry range for a client that renews too often. It is long compared to the burst. */
const overloadedRetryMs = [1_000, 10_000] as const;
const nothing = () => {};

export interface CredentialDeps {
  readonly handshakes: Handshakes;
  readonly connections: Connections;
  readonly stream: ServerStream;
  /** See `SocketServerOptions`. */
  recordUse(caller: Caller): void;
  recordRefusal(refusal: SocketRefusal): void;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Log;
}

/**
 * The credential of one open connection. It ends the connection when it expires (rule A5), and the
 * client can replace it by another credential of the same viewer (ADR 35).
 */
export class ConnectionCredential {
  readonly #connection: Connection;
  readonly #guard: Pick<GuardedSocket, 'address' | 'network'>;
  readonly #deps: CredentialDeps;
  readonly #renewals: MessageAllowance;
  #current: Authentication;
  #cancelExpiry = nothing;

  /** @param handshake its credential is that of the connection's caller */
  constructor(
    connection: Connection,
    handshake: AuthenticatedHandshake,
    guard: Pick<GuardedSocket, 'address' | 'network'>,
    deps: CredentialDeps,
  ) {
    this.#connection = connection;
    this.#guard = guard;
    this.#deps = deps;
    this.#renewals = new MessageAllowance(deps.clock.now(), socketLimits.renewalsPerSecond.value, renewalBurstSeconds);
    this.#current = handshake.authentication;
    this.#adopt(handshake);
  }

  /** Responds to the client's message `credential`. */
  async receive(payload: unknown, acknowledge: unknown): Promise<void> {
    if (typeof acknowledge !== 'function') return;
    const parsed = credentialSchema.safeParse(payload);
    const token = parsed.data?.token;
    if (!parsed.success) acknowledge({ code: 'unauthenticated' } satisfies CredentialAck);
    else if (token === undefined) acknowledge(this.#describe());
    else if (!this.#renewals.take(this.#deps.clock.now())) this.#connection.goodbye('overloaded', overloadedRetryMs);
    else {
      const answer = await this.#renew(token);
      if (answer && !this.#connection.isOver) acknowledge(answer);
    }
  }

  /** Called when the connection is closed. */
  end(): void {
    this.#cancelExpiry();
    this.#deps.connections.remove(this.#connection);
  }

  async #renew(token: string): Promise<CredentialAck | null> {
    const { handshakes, counters, log } = this.#deps;
    try {
      const handshake = await handshakes.authenticate({ auth: { token, v: wireVersion }, headers: {} }, this.#guard);
      // The previous credential may have ended in the meantime, and the connection with it.
      if (this.#connection.isOver) return null;
      const { authentication } = handshake;
      // Subscriptions keep the viewer with which they began, so the rights must be the same.
      if (!isDeepStrictEqual(rightsOf(authentication), rightsOf(this.#current))) {
        return { code: 'other-viewer', identity: wireIdentityOf(authentication) };
      }
      this.#deps.connections.remove(this.#connection);
      const renewed = keepSecondFactor(authentication, this.#connection.caller);
      this.#connection.caller = callerFrom(renewed, this.#guard.address, this.#deps.clock.wallTime());
      this.#adopt(handshake);
      this.#deps.recordUse(this.#connection.caller);
      return this.#describe();
    } catch (error) {
      if (error instanceof HandshakeError) {
        counters.increment('handshakesRefused', 1, error.data.code);
        this.#deps.recordRefusal({ code: error.data.code, address: this.#guard.address, caller: this.#connection.caller });
        return error.data;
      }
      log.error({ error }, 'closed a socket because its credential could not be renewed');
      this.#connection.failed();
      return null;
    }
  }

  /**
   * Takes the credential of the connection's caller. Runs in one event-loop turn, so that no
   * revocation is missed in between.
   */
  #adopt({ authentication, streamRevision }: AuthenticatedHandshake): void {
    const { connections, stream, clock } = this.#deps;
    const connection = this.#connection;
    this.#cancelExpiry();
    this.#current = authentication;
    connections.add(connection);
    const { expiresAt } = authentication;
    if (expiresAt !== null) this.#cancelExpiry = runAt(clock, Date.parse(expiresAt), () => connection.goodbye('credential-expired', null));
    // Ticks have passed since the credential was accepted, so revocations that the stream delivered
    // since then apply too.
    const missed = stream.revokedSince(streamRevision);
    // The stream remembers fewer revocations than there were, and one of them may apply.
    if (missed === null) authenticateAgain(connection);
    for (const revocation of missed ?? []) if (appliesTo(revocation, authentication)) endConnection(connection, revocation);
  }

  #describe(): CredentialAck {
    const { expiresAt } = this.#current;
    const expiresInMs = expiresAt === null ? null : Math.max(0, Date.parse(expiresAt) - this.#deps.clock.wallTime());
    return { identity: wireIdentityOf(this.#current), expiresInMs };
  }
}

/**
 * The facts that determine a subscription's viewer. A service's token isn't one of them. Whether
 * the user has a second factor changes on an open connection. Whether a token's login used it
 * doesn't.
 */
function rightsOf({ actor }: Authentication): object {
  if (actor.kind === 'service') return { ...actor, tokenId: null };
  return { ...actor, secondFactor: actor.kind === 'user' && actor.secondFactor?.isUnused === true };
}

/** The open subscriptions have the object of the former credential, so the connection keeps it. */
function keepSecondFactor(authentication: Authentication, former: Authentication): Authentication {
  const { actor } = authentication;
  if (actor.kind !== 'user' || former.actor.kind !== 'user' || !actor.secondFactor || !former.actor.secondFactor) return authentication;
  return { ...authentication, actor: { ...actor, secondFactor: Object.assign(former.actor.secondFactor, actor.secondFactor) } };
}
