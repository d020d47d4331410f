import { type CredentialAck, credentialAckSchema } from '@rollcall/protocol';
import { msWithin, reconnectMs } from './reconnect-delay.ts';
import { fetchToken, type TokenSource } from './token-source.ts';

/** The part of the remaining life of a credential after which it is renewed. */
const renewAfter = 0.8;
/**
 * The shortest time between two renewals, in milliseconds. A token function may return the same
 * token until shortly before its end.
 */
const renewMsMin = 1_000;
/** The maximum of `setTimeout`, some 24 days. */
const renewMsMax = 2 ** 31 - 1;

export interface RenewalHost {
  readonly random: () => number;
  /** Null if the credential is the cookie of a session. */
  readonly token: Exclude<TokenSource, string> | null;
  /** Sends the message `credential`. Calls `acknowledge` with null if there is no response. */
  request(payload: { readonly token?: string }, acknowledge: (reply: unknown) => void): void;
  /** The user or organization of the credential, as the server names it. */
  identified(identity: string): void;
  /** The token is valid, but only for a new connection. */
  reconnect(): void;
}

/**
 * Renews the credential of one connection before it expires. The server states the remaining life,
 * so this client's clock doesn't matter. A server that doesn't respond to the first request has no
 * renewals. Its connections end with their credential, and the client connects again.
 */
export class CredentialRenewal {
  readonly #host: RenewalHost;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #isOver = false;

  constructor(host: RenewalHost) {
    this.#host = host;
    host.request({}, (reply) => {
      if (reply !== null) this.#take(reply);
    });
  }

  /** Called when the connection is lost. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #renew(source: Exclude<TokenSource, string>): Promise<void> {
    try {
      const token = await fetchToken(source);
      if (!this.#isOver) this.#host.request({ token }, (reply) => this.#take(reply));
    } catch {
      // If it still fails when the credential ends, `connect` reports that.
      this.#renewLater(this.#retryMs());
    }
  }

  #take(reply: unknown): void {
    if (this.#isOver) return;
    const ack = credentialAckSchema.safeParse(reply).data as CredentialAck | undefined;
    if (ack && 'identity' in ack) this.#host.identified(ack.identity);
    if (ack && 'expiresInMs' in ack) {
      this.#failures = 0;
      if (ack.expiresInMs !== null) this.#renewLater(Math.max(renewMsMin, ack.expiresInMs * renewAfter));
    } else if (ack?.code === 'other-viewer') this.#host.reconnect();
    else this.#renewLater(ack?.retryAfterMs ? msWithin(ack.retryAfterMs, this.#host.random) : this.#retryMs());
  }

  /** Until the credential ends, the connection continues with it. */
  #retryMs(): number {
    return reconnectMs(this.#failures++, this.#host.random);
  }

  #renewLater(delayMs: number): void {
    const { token } = this.#host;
    clearTimeout(this.#timer);
    if (token && !this.#isOver) this.#timer = setTimeout(() => void this.#renew(token), Math.min(delayMs, renewMsMax));
  }
}
