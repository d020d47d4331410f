import type { IncomingHttpHeaders } from 'node:http';
import { type ConnectRefusal, type ConnectRefusalCode, handshakeAuthSchema, OrgError, wireVersion } from '@rollcall/protocol';
import type { Caller } from '../identity/caller.ts';
import type { ServerStream } from '../read-path/server-stream.ts';
import { concerns } from './connections.ts';

/** How often a handshake is judged again because the server's stream outran the reading of the credential. */
const attemptsMax = 3;
/** While the database is away: long enough for it to come back, short enough not to be missed, and spread out. */
const overloadedRetryMs = [500, 2_000] as const;

/** Socket.IO sends `data` of an error along with `connect_error`. */
export class HandshakeError extends Error {
  readonly data: ConnectRefusal;

  /** @param retryAfterMs the range to retry in: who was refused together does not come back together */
  constructor(code: ConnectRefusalCode, retryAfterMs?: readonly [number, number]) {
    super(code);
    this.data = retryAfterMs === undefined ? { code } : { code, retryAfterMs };
  }
}

export interface Authenticator {
  /** @throws OrgError `unauthenticated`, `unavailable` */
  authenticateToken(token: string): Promise<Caller>;
  /** Null for a session that ended, or never was. @throws OrgError `unavailable` */
  authenticateSession(token: string): Promise<Caller | null>;
  /** The session's token in a handshake's cookie; null when there is none, or another site's page may have sent it. */
  readSessionToken(headers: IncomingHttpHeaders): string | null;
  isExpired(error: unknown): boolean;
}

/** What a client says of itself, and the headers of the request it came with. */
export interface Handshake {
  readonly auth: unknown;
  readonly headers: IncomingHttpHeaders;
}

export interface JudgedHandshake {
  readonly caller: Caller;
  /** The server's stream had reached this when the caller was judged. */
  readonly streamRevision: number;
}

/**
 * Handshakes judged at once. Each takes some 1 ms of CPU, so the last of them waits 2 s; whoever comes later waits
 * better at home (rule R10).
 */
const underWayMax = 2_000;

/** Judges handshakes, as many at once as are answered in useful time. */
export class Handshakes {
  readonly #authenticator: Authenticator;
  readonly #stream: ServerStream;
  #underWay = 0;

  constructor(authenticator: Authenticator, stream: ServerStream) {
    this.#authenticator = authenticator;
    this.#stream = stream;
  }

  /** @throws HandshakeError */
  async judge(handshake: Handshake): Promise<JudgedHandshake> {
    if (this.#underWay >= underWayMax) throw new HandshakeError('overloaded', overloadedRetryMs);
    this.#underWay++;
    try {
      return await judgeHandshake(handshake, this.#authenticator, this.#stream);
    } finally {
      this.#underWay--;
    }
  }
}

/**
 * Judges a handshake. What the server's stream ended while the credential was being read counts too: in the turn
 * this resolves in, the caller is as good as the stream says.
 * @throws HandshakeError
 */
async function judgeHandshake({ auth, headers }: Handshake, authenticator: Authenticator, stream: ServerStream): Promise<JudgedHandshake> {
  const parsed = handshakeAuthSchema.safeParse(auth);
  if (!parsed.success) throw new HandshakeError('unauthenticated');
  const { token } = parsed.data;
  const sessionToken = token ? null : authenticator.readSessionToken(headers);
  if (!token && sessionToken === null) throw new HandshakeError('unauthenticated');
  if (parsed.data.v !== wireVersion) throw new HandshakeError('unsupported-version');
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const seen = stream.revision;
    const caller = await readCaller(
      () => (token ? authenticator.authenticateToken(token) : authenticateSession(sessionToken!, authenticator)),
      authenticator,
    );
    const endings = stream.endedSince(seen);
    if (endings?.some((ending) => concerns(ending, caller))) throw new HandshakeError('unauthenticated');
    if (endings) return { caller, streamRevision: stream.revision };
  }
  throw new HandshakeError('overloaded', overloadedRetryMs);
}

async function authenticateSession(token: string, authenticator: Authenticator): Promise<Caller> {
  const caller = await authenticator.authenticateSession(token);
  if (!caller) throw new HandshakeError('unauthenticated');
  return caller;
}

async function readCaller(read: () => Promise<Caller>, authenticator: Authenticator): Promise<Caller> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof HandshakeError) throw error;
    if (authenticator.isExpired(error)) throw new HandshakeError('expired');
    if (error instanceof OrgError && error.code === 'unauthenticated') throw new HandshakeError('unauthenticated');
    throw new HandshakeError('overloaded', overloadedRetryMs);
  }
}
