import { connectRefusalSchema, type GoodbyeFrame, goodbyeFrameSchema, type OrgError, wireVersion } from '@rollcall/protocol';
import { io, type Socket } from 'socket.io-client';
import type { Clock } from './clock.ts';
import { kindOfFailure, nextAttempt, unknownUser } from './connect-refusal.ts';
import { CredentialRenewal } from './credential-renewal.ts';
import { msWithin, reconnectMs } from './reconnect-delay.ts';
import { type ClientPhase, type ClientStatus, initialClientStatus } from './status.ts';
import { fetchToken, type TokenSource } from './token-source.ts';
import { tooManyConnectionsMs } from './too-many-connections.ts';

export interface ConnectionSettings {
  readonly origin: string;
  /** The path of Socket.IO: `/socket.io/`, below the path of the server's address. */
  readonly socketPath: string;
  readonly token: TokenSource | undefined;
  readonly transports: readonly ('websocket' | 'polling')[];
  readonly random: () => number;
  readonly now: Clock;
}

export interface ConnectionObserver {
  connected(): void;
  disconnected(): void;
  /** Permanent. No connection follows. */
  ended(reason: string): void;
  frame(name: string, payload: unknown): void;
  /** The token now belongs to another user or organization. */
  identityChanged(): void;
  statusChanged(): void;
  /** Whether to reconnect after the server ended the connection. */
  hasWork(): boolean;
}

/** The part of a connection that the client uses. The test kit implements it in memory. */
export type ClientConnection = Pick<
  Connection,
  'status' | 'nextTryInMs' | 'isConnected' | 'open' | 'send' | 'request' | 'served' | 'setRedisDown' | 'close'
>;

/** The time limit for the transport, the handshake and an acknowledgement. */
const ackMsMax = 10_000;

/**
 * A connection that lasted this long counts as successful, and so does one on which the server
 * brought a replica up to date (see `served`). Only if the server closes the connection before
 * either, the delay between attempts grows.
 */
const stableMs = 10_000;

/**
 * One socket, which reconnects after each loss. Socket.IO's own reconnection is disabled, because
 * it ignores the delay that the server requests.
 */
export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #observer: ConnectionObserver;
  readonly #socket: Socket;
  #status = initialClientStatus;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextTryAt: number | null = null;
  #lossCount = 0;
  /** Null while there is no connection. */
  #connectedAt: number | null = null;
  #wasConnected = false;
  /** Tokens that the server refused since the last connection. */
  #refusals = 0;
  #renewal: CredentialRenewal | null = null;
  /** Null until a server has sent it. */
  #identity: string | null = null;

  constructor(settings: ConnectionSettings, observer: ConnectionObserver) {
    this.#settings = settings;
    this.#observer = observer;
    const { origin, socketPath, token, transports } = settings;
    this.#socket = io(origin, {
      path: socketPath,
      transports: [...transports],
      autoConnect: false,
      reconnection: false,
      // Without this, Socket.IO shares one connection among all clients of a page.
      forceNew: true,
      timeout: ackMsMax,
      // Send the page's session cookie if there is no token. Over WebSocket, browsers always send
      // it.
      withCredentials: token === undefined,
    });
    this.#socket.on('connect', () => this.#onConnect());
    this.#socket.on('disconnect', (reason) => this.#onLoss(reason));
    this.#socket.on('connect_error', (error) => this.#onRefusal(error));
    this.#socket.on('goodbye', (payload: unknown) => this.#onGoodbye(payload));
    this.#socket.onAny((name: string, payload: unknown) => {
      if (name !== 'goodbye') this.#observer.frame(name, payload);
    });
  }

  /** The same object until it changes. */
  get status(): ClientStatus {
    return this.#status;
  }

  /** The time until the next connection attempt. Null if none is scheduled. */
  get nextTryInMs(): number | null {
    return this.#nextTryAt === null ? null : Math.max(0, this.#nextTryAt - this.#settings.now());
  }

  get isConnected(): boolean {
    return this.#status.phase === 'connected';
  }

  open(): void {
    if (this.#status.phase === 'idle') void this.#connect(null);
  }

  send(name: string, payload: unknown): void {
    if (this.isConnected) this.#socket.emit(name, payload);
  }

  /**
   * Calls `acknowledge` before any frame that the server sends after its response, or with null if
   * there is no response in time.
   */
  request(name: string, payload: unknown, acknowledge: (payload: unknown) => void): void {
    this.#socket.timeout(ackMsMax).emit(name, payload, (error: Error | null, reply: unknown) => acknowledge(error ? null : reply));
  }

  /**
   * The server brought a replica up to date over this connection, so the next loss counts as the
   * first.
   */
  served(): void {
    this.#lossCount = 0;
  }

  /** Whether the last pong reported that the instance's Redis is down. */
  setRedisDown(redisDown: boolean): void {
    if (this.isConnected) this.#setStatus('connected', null, redisDown);
  }

  close(reason: string): void {
    if (this.#status.phase === 'closed') return;
    clearTimeout(this.#timer);
    this.#renewal?.end();
    this.#nextTryAt = null;
    this.#setStatus('closed', reason);
    this.#socket.offAny();
    this.#socket.removeAllListeners();
    this.#socket.disconnect();
    this.#observer.ended(reason);
  }

  async #connect(reason: string | null): Promise<void> {
    clearTimeout(this.#timer);
    this.#nextTryAt = null;
    this.#setStatus(this.#wasConnected ? 'reconnecting' : 'connecting', reason);
    const { token } = this.#settings;
    try {
      const current = typeof token === 'function' ? await fetchToken(token) : token;
      this.#socket.auth = { ...(current === undefined ? {} : { token: current }), v: wireVersion };
    } catch (error) {
      if (!this.#isClosed()) this.#connectLater(this.#nextBackoffMs(), (error as OrgError).message);
      return;
    }
    if (this.#isClosed()) return;
    this.#socket.connect();
    // Socket.IO reports no error if it can't create the WebSocket, and would stay in `opening`.
    const { name, ws } = this.#socket.io.engine.transport as { readonly name: string; readonly ws?: unknown };
    if (name !== 'websocket' || ws || typeof globalThis.WebSocket !== 'undefined') return;
    // Later, so that the caller of `connect()` can subscribe first and receive the error.
    this.#timer = setTimeout(() => this.close(noWebSocket), 0);
  }

  #isClosed(): boolean {
    return this.#status.phase === 'closed';
  }

  #connectLater(delayMs: number, reason: string): void {
    clearTimeout(this.#timer);
    // Set the timer before the status, since a status listener may close the client.
    this.#timer = setTimeout(() => void this.#connect(reason), delayMs);
    this.#nextTryAt = this.#settings.now() + delayMs;
    this.#setStatus(this.#wasConnected ? 'reconnecting' : 'connecting', reason);
  }

  #nextBackoffMs(): number {
    return reconnectMs(this.#lossCount++, this.#settings.random);
  }

  #onConnect(): void {
    this.#wasConnected = true;
    this.#connectedAt = this.#settings.now();
    this.#refusals = 0;
    this.#setStatus('connected', null);
    // A status listener may have closed the client.
    if (!this.isConnected) return;
    // The renewal is sent first, so that another identity is noticed before the server responds to
    // a subscription.
    this.#renewCredential();
    this.#observer.connected();
  }

  /**
   * A fixed token can't be renewed, and its identity doesn't change. A cookie may be that of
   * another person after a login in another tab.
   */
  #renewCredential(): void {
    const { token, random } = this.#settings;
    if (typeof token === 'string') return;
    this.#renewal = new CredentialRenewal({
      random,
      token: token ?? null,
      request: (payload, acknowledge) => this.request('credential', payload, acknowledge),
      identified: (identity) => this.#identify(identity),
      reconnect: () => this.#leave('other-viewer', 0),
    });
  }

  #identify(identity: string): void {
    const isOther = this.#identity !== null && this.#identity !== identity;
    this.#identity = identity;
    if (isOther) this.#observer.identityChanged();
  }

  #onLoss(reason: string, requestedMs: number | null = null): void {
    this.#renewal?.end();
    if (this.#connectedAt !== null && this.#settings.now() - this.#connectedAt >= stableMs) this.#lossCount = 0;
    this.#connectedAt = null;
    const isWanted = reason !== 'io server disconnect' || this.#observer.hasWork();
    // A server that closes a connection without subscriptions did not fail.
    if (isWanted) this.#connectLater(requestedMs ?? this.#nextBackoffMs(), reason);
    else this.#setStatus('idle', reason);
    this.#observer.disconnected();
  }

  /** The handshake failed: the server refused it (with data), or was unreachable. */
  #onRefusal(error: Error & { data?: unknown }): void {
    const refusal = connectRefusalSchema.safeParse(error.data).data ?? null;
    const kind = kindOfFailure(refusal);
    const tooManyMs = refusal ? null : tooManyConnectionsMs(error);
    if (kind === 'refused-token') this.#refusals++;
    const delayMs = nextAttempt(kind, {
      backoffMs: this.#nextBackoffMs(),
      random: this.#settings.random,
      retryAfterMs: refusal?.retryAfterMs ?? null,
      hasTokenFunction: typeof this.#settings.token === 'function',
      refusals: this.#refusals,
    });
    const code = refusal?.code ?? (tooManyMs === null ? error.message : 'overloaded');
    const reason = kind === 'unknown-user' ? unknownUser : code;
    if (delayMs === null) this.close(reason);
    else this.#connectLater((tooManyMs ?? 0) + delayMs, reason);
  }

  #onGoodbye(payload: unknown): void {
    const goodbye = goodbyeFrameSchema.safeParse(payload);
    const { reason, retryAfterMs }: GoodbyeFrame = goodbye.success
      ? goodbye.data
      : { reason: 'goodbye', retryAfterMs: [0, this.#nextBackoffMs()] };
    if (retryAfterMs) this.#leave(reason, msWithin(retryAfterMs, this.#settings.random));
    else if (reason === 'credential-expired' && typeof this.#settings.token === 'function') this.#leave(reason, this.#nextBackoffMs());
    else this.close(reason);
  }

  /** Ends this connection, and connects again after the delay. */
  #leave(reason: string, delayMs: number): void {
    // Report the loss before disconnecting. Disconnecting fails the pending requests. Callers that
    // then retry would use a socket that buffers messages for the next connection. The listener is
    // removed so that this isn't counted as a second loss.
    this.#socket.off('disconnect');
    this.#onLoss(reason, delayMs);
    this.#socket.disconnect();
    this.#socket.on('disconnect', (why) => this.#onLoss(why));
  }

  #setStatus(phase: ClientPhase, reason: string | null, redisDown = false): void {
    const { phase: phaseNow, reason: reasonNow, redisDown: redisDownNow } = this.#status;
    if (phaseNow === phase && reasonNow === reason && redisDownNow === redisDown) return;
    this.#status = Object.freeze({ phase, reason, redisDown });
    this.#observer.statusChanged();
  }
}

/** The reason if a bundle for browsers runs where there is no WebSocket. */
export const noWebSocket = 'no-websocket';

/** Whether the server didn't accept the last token. */
function isRefusedCredential(reason: string): boolean {
  return reason === 'unauthenticated' || reason === 'expired' || reason === 'credential-expired';
}

/** The result of `can()` while there is no replica. */
export function whyNoReplica({ phase, reason }: ClientStatus): 'no-copy' | 'unreachable' | 'credential-ended' {
  if (phase === 'connected' || reason === null || reason === unknownUser) return 'no-copy';
  return isRefusedCredential(reason) ? 'credential-ended' : 'unreachable';
}
