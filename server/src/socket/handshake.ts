import type { IncomingHttpHeaders } from 'node:http';
import { type ConnectRefusal, type ConnectRefusalCode, handshakeAuthSchema, OrgError, wireVersion } from '@rollcall/protocol';
import { type Authentication, type Caller, isValidFrom } from '../identity/caller.ts';
import { UnknownUserError } from '../identity/identity.ts';
import type { RateLimits } from '../identity/limits/rate-limits.ts';
import type { ServerStream } from '../read-path/server-stream.ts';
import { ExpiringMap } from '../runtime/collections/expiring-map.ts';
import { costs } from '../runtime/limits/rows/rates.ts';
import { hashToken } from '../runtime/secrets/hash-token.ts';
import { appliesTo, mayAuthenticateAgain } from './connections.ts';

/**
 * The number of attempts at a handshake. Another attempt is needed when the server's stream ran
 * past the retained revocations while the credential was being read.
 */
const attemptsMax = 3;
/**
 * The retry range while the database is unavailable. It is long enough for the database to return,
 * short enough for users not to notice, and spreads the clients.
 */
const overloadedRetryMs = [500, 2_000] as const;

/** The retry range for a credential or a network that is over its limit for a second. */
const limitedRetryMs = [1_000, 3_000] as const;

/** Socket.IO sends the error's `data` with `connect_error`. */
export class HandshakeError extends Error {
  readonly data: ConnectRefusal;

  /**
   * @param retryAfterMs the range of the retry delay, so that clients refused together do not
   * return together
   * @param reason why a refusal of the credential may be temporary
   */
  constructor(code: ConnectRefusalCode, retryAfterMs?: readonly [number, number], reason?: ConnectRefusal['reason']) {
    super(code);
    this.data = { code, ...(reason && { reason }), ...(retryAfterMs && { retryAfterMs }) };
  }
}

export interface HandshakeAuthenticator {
  /** @throws OrgError `unauthenticated`, `unavailable` */
  authenticateToken(token: string): Promise<Authentication>;
  /**
   * Resolves to null for a session that ended or never existed.
   * @throws OrgError `unavailable`
   */
  authenticateSession(token: string): Promise<Authentication | null>;
  /**
   * The session token in a handshake's cookie. Null when there is none, or when a page of another
   * site may have sent it.
   */
  readSessionToken(headers: IncomingHttpHeaders): string | null;
  isExpired(error: unknown): boolean;
  /**
   * Rejects while the database is not trusted. What it lacks proves nothing then.
   */
  confirmRefusal(): Promise<void>;
}

/** The `auth` object that a client sends, and the headers of its request. */
export interface Handshake {
  readonly auth: unknown;
  readonly headers: IncomingHttpHeaders;
}

/** A refused credential of a socket. The caller is that of the open connection, if there is one. */
export interface SocketRefusal {
  readonly code: string;
  readonly address: string | null;
  readonly caller: Caller | null;
}

export interface AuthenticatedHandshake {
  readonly authentication: Authentication;
  /** The revision of the server's stream at which the credential was accepted. */
  readonly streamRevision: number;
}

/**
 * The time for which a refused credential makes its network suspect. Handshakes from a suspect
 * network are checked against the network's limit first.
 */
const suspectMs = 1_000;

/**
 * Authenticates handshakes. A refused credential counts against its network, as in REST requests.
 */
export class Handshakes {
  readonly #authenticator: HandshakeAuthenticator;
  readonly #stream: ServerStream;
  readonly #rateLimits: RateLimits;
  /** Networks with a recently refused credential. */
  readonly #suspects = new ExpiringMap<true>();

  constructor(authenticator: HandshakeAuthenticator, stream: ServerStream, rateLimits: RateLimits) {
    this.#authenticator = authenticator;
    this.#stream = stream;
    this.#rateLimits = rateLimits;
  }

  /**
   * @param from the client's network, as `networkOf` names it, and its address
   * @throws HandshakeError
   */
  async authenticate(
    { auth, headers }: Handshake,
    { network, address }: { readonly network: string; readonly address: string | null },
  ): Promise<AuthenticatedHandshake> {
    const credential = readCredential(auth, headers, this.#authenticator);
    await this.#assertWithin(network, credential);
    try {
      const handshake = await authenticateCredential(credential, this.#authenticator, this.#stream);
      if (!isValidFrom(handshake.authentication, address)) throw new HandshakeError('unauthenticated');
      return handshake;
    } catch (error) {
      if (error instanceof HandshakeError && isRefusal(error)) {
        await this.#authenticator.confirmRefusal().catch(() => {
          throw new HandshakeError('overloaded', overloadedRetryMs);
        });
        await this.#countRefused(network);
      }
      throw error;
    }
  }

  /**
   * Checks both limits before the credential is looked up.
   * @throws HandshakeError `overloaded`
   */
  async #assertWithin(network: string, { token }: Credential): Promise<void> {
    const states = await Promise.all([
      this.#rateLimits.countTogether('requestsPerCredential', hashToken(token)),
      ...(this.#suspects.get(network) ? [this.#rateLimits.count('requestsPerAddress', network, 0)] : []),
    ]);
    if (states.some(({ isOver }) => isOver)) throw new HandshakeError('overloaded', limitedRetryMs);
  }

  async #countRefused(network: string): Promise<void> {
    this.#suspects.set(network, true, suspectMs);
    await this.#rateLimits.count('requestsPerAddress', network, costs.refusedCredential.value);
  }
}

interface Credential {
  readonly token: string;
  readonly isSession: boolean;
}

/** @throws HandshakeError */
function readCredential(auth: unknown, headers: IncomingHttpHeaders, authenticator: HandshakeAuthenticator): Credential {
  const parsed = handshakeAuthSchema.safeParse(auth);
  if (!parsed.success) throw new HandshakeError('unauthenticated');
  const { token, v } = parsed.data;
  const sessionToken = token ? null : authenticator.readSessionToken(headers);
  if (!token && sessionToken === null) throw new HandshakeError('unauthenticated');
  if (v !== wireVersion) throw new HandshakeError('unsupported-version');
  return token ? { token, isSession: false } : { token: sessionToken!, isSession: true };
}

function isRefusal({ data: { code } }: HandshakeError): boolean {
  return code === 'unauthenticated' || code === 'expired';
}

/**
 * Authenticates a credential, and applies the revocations that arrived on the server's stream while
 * the credential was being read. In the tick in which this resolves, the caller is therefore as
 * current as the stream.
 * @throws HandshakeError
 */
async function authenticateCredential(
  { token, isSession }: Credential,
  authenticator: HandshakeAuthenticator,
  stream: ServerStream,
): Promise<AuthenticatedHandshake> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const seen = stream.revision;
    const caller = await readCaller(
      () => (isSession ? authenticateSession(token, authenticator) : authenticateToken(token, authenticator)),
      authenticator,
    );
    const revocations = stream.revokedSince(seen);
    const own = revocations?.filter((revocation) => appliesTo(revocation, caller));
    if (own?.some((revocation) => !mayAuthenticateAgain(revocation))) throw new HandshakeError('unauthenticated');
    if (own?.length === 0) return { authentication: caller, streamRevision: stream.revision };
  }
  throw new HandshakeError('overloaded', overloadedRetryMs);
}

async function authenticateSession(token: string, authenticator: HandshakeAuthenticator): Promise<Authentication> {
  const caller = await authenticator.authenticateSession(token);
  if (!caller) throw new HandshakeError('unauthenticated');
  return caller;
}

/** The token of an identity provider is valid for SCIM only. */
async function authenticateToken(token: string, authenticator: HandshakeAuthenticator): Promise<Authentication> {
  const caller = await authenticator.authenticateToken(token);
  if (caller.actor.kind === 'org-token' && caller.actor.isForScim) throw new HandshakeError('unauthenticated');
  return caller;
}

async function readCaller(read: () => Promise<Authentication>, authenticator: HandshakeAuthenticator): Promise<Authentication> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof HandshakeError) throw error;
    if (authenticator.isExpired(error)) throw new HandshakeError('expired');
    if (error instanceof UnknownUserError)
      throw new HandshakeError('unauthenticated', UnknownUserError.retryAfterMs, UnknownUserError.reason);
    if (error instanceof OrgError && error.code === 'unauthenticated') throw new HandshakeError('unauthenticated');
    throw new HandshakeError('overloaded', overloadedRetryMs);
  }
}
