/**
 * The time for which a proof is valid (rule F2). A back end decides by its state and needs a short
 * lease. A browser mostly displays it.
 */
export const browserLeaseMs = 15_000;
export const backEndLeaseMs = 5_000;

export function defaultLeaseMs(): number {
  const runtime = globalThis as { process?: { versions?: { node?: string } } };
  return runtime.process?.versions?.node === undefined ? browserLeaseMs : backEndLeaseMs;
}

/** Two of three pings may be lost before a replica becomes stale. */
export const pingsPerLease = 3;

/**
 * When a replica was last proven current (rule F1). That is the time at which the ping was sent,
 * not when its pong arrived.
 */
export class Lease {
  readonly #leaseMs: number;
  #provenAt: number | null = null;
  /** The time from which a replica that had been proven is no longer trusted. */
  #distrustedAt: number | null = null;

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** Whether the replica was proven current, and wasn't distrusted since. */
  get isProven(): boolean {
    return this.#provenAt !== null;
  }

  prove(sentAt: number): void {
    this.#provenAt = Math.max(this.#provenAt ?? sentAt, sentAt);
    this.#distrustedAt = null;
  }

  forget(now: number): void {
    if (this.#provenAt !== null) this.#distrustedAt = Math.min(now, this.#provenAt + this.#leaseMs);
    this.#provenAt = null;
  }

  ageMs(now: number): number | null {
    return this.#provenAt === null ? null : now - this.#provenAt;
  }

  isFresh(now: number): boolean {
    return this.#provenAt !== null && now - this.#provenAt <= this.#leaseMs;
  }

  /**
   * The time for which the replica hasn't been fresh. Null while it is fresh, and if it never was.
   */
  staleMs(now: number): number | null {
    if (this.isFresh(now)) return null;
    const since = this.#provenAt === null ? this.#distrustedAt : this.#provenAt + this.#leaseMs;
    return since === null ? null : now - since;
  }

  msLeft(now: number): number {
    return this.#provenAt === null ? 0 : Math.max(0, this.#provenAt + this.#leaseMs - now);
  }
}

/**
 * The number of pings that are remembered. A server without its database never responds, and a late
 * pong may follow another one.
 */
const rememberedMax = 64;

/** A pong takes one database query. After this time it is lost, or the database is down. */
const pongMsMax = 1_000;

/** The send times of pings, on this client's clock. */
export class Pings {
  readonly #sentAt = new Map<string, number>();
  #count = 0;
  #isAnswered = true;

  send(now: number): string {
    const nonce = String(++this.#count);
    this.#isAnswered = false;
    this.#sentAt.set(nonce, now);
    if (this.#sentAt.size > rememberedMax) this.#sentAt.delete(this.#sentAt.keys().next().value!);
    return nonce;
  }

  /**
   * The time at which the ping with this nonce was sent. Null if there was none, it was long ago,
   * or its connection is gone. A subscription that is catching up gets a later pong with the same
   * nonce.
   * @param isLast whether this is the pong's last piece
   */
  receive(nonce: string | number, isLast = true): number | null {
    if (isLast && String(nonce) === String(this.#count)) this.#isAnswered = true;
    return this.#sentAt.get(String(nonce)) ?? null;
  }

  /** Whether the pong for the latest ping may still arrive. */
  isWaiting(now: number): boolean {
    const latest = this.#sentAt.get(String(this.#count));
    return !this.#isAnswered && latest !== undefined && now - latest < pongMsMax;
  }

  forgetAll(): void {
    this.#sentAt.clear();
  }
}
