/** How long a proof holds (rule F2). A back end decides by what it holds, a browser mostly shows it. */
export const browserLeaseMs = 15_000;
export const backEndLeaseMs = 5_000;

export function defaultLeaseMs(): number {
  const runtime = globalThis as { process?: { versions?: { node?: string } } };
  return runtime.process?.versions?.node === undefined ? browserLeaseMs : backEndLeaseMs;
}

/** Three pings a lease: two may be lost before a copy goes stale. */
export const pingsPerLease = 3;

/** When a copy was last proven current (rule F1): at the moment the answered ping was sent, not when its answer came. */
export class Lease {
  readonly #leaseMs: number;
  #provenAt: number | null = null;
  /** When a copy that had been proven was put in doubt. */
  #doubtedAt: number | null = null;

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** Whether there ever was a proof, and the copy was not put in doubt since. */
  get isProven(): boolean {
    return this.#provenAt !== null;
  }

  prove(sentAt: number): void {
    this.#provenAt = Math.max(this.#provenAt ?? sentAt, sentAt);
    this.#doubtedAt = null;
  }

  forget(now: number): void {
    if (this.#provenAt !== null) this.#doubtedAt = Math.min(now, this.#provenAt + this.#leaseMs);
    this.#provenAt = null;
  }

  ageMs(now: number): number | null {
    return this.#provenAt === null ? null : now - this.#provenAt;
  }

  isFresh(now: number): boolean {
    return this.#provenAt !== null && now - this.#provenAt <= this.#leaseMs;
  }

  /** For how long the copy has not been fresh. Null while it is, and when it never was. */
  staleMs(now: number): number | null {
    if (this.isFresh(now)) return null;
    const since = this.#provenAt === null ? this.#doubtedAt : this.#provenAt + this.#leaseMs;
    return since === null ? null : now - since;
  }

  msLeft(now: number): number {
    return this.#provenAt === null ? 0 : Math.max(0, this.#provenAt + this.#leaseMs - now);
  }
}

/** Unanswered pings that are remembered: a server without its database answers none, however long. */
const unansweredMax = 64;

/** An answer takes one look at the database. After this long it was lost, or the database is away. */
const answerMsMax = 1_000;

/** Which ping was sent when, on this client's clock. */
export class Pings {
  readonly #sentAt = new Map<string, number>();
  #count = 0;

  send(now: number): string {
    const nonce = String(++this.#count);
    this.#sentAt.set(nonce, now);
    if (this.#sentAt.size > unansweredMax) this.#sentAt.delete(this.#sentAt.keys().next().value!);
    return nonce;
  }

  /** When the ping with this nonce was sent. Null when there was none, or its connection is gone. */
  answer(nonce: string | number): number | null {
    const sentAt = this.#sentAt.get(String(nonce)) ?? null;
    this.#sentAt.delete(String(nonce));
    return sentAt;
  }

  /** Whether the latest ping is still without an answer, and not so old that none will come. */
  isWaiting(now: number): boolean {
    const latest = this.#sentAt.get(String(this.#count));
    return latest !== undefined && now - latest < answerMsMax;
  }

  forgetAll(): void {
    this.#sentAt.clear();
  }
}
