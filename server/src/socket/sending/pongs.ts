import type { Ping, PongFrame } from '@rollcall/protocol';
import { repeatRead } from '../../read-path/heads/outage-retries.ts';
import { encodeFrame } from '../../read-path/subscriptions/frame.ts';
import type { Subscription } from '../../read-path/subscriptions/subscription.ts';
import type { ConnectionDeps } from '../connection-deps.ts';
import type { PacedSink } from './paced-sink.ts';

/** Concurrent pings. A client has one. More would wait for the same database check anyway. */
const pingsMax = 4;
/** A position has about 190 bytes, so a piece has 190 KB at most. */
export const positionsPerPieceMax = 1_000;

/**
 * Sends a pong in pieces, each when the client has read most of the previous data. `positionsOf` is
 * called for each piece when it is sent, because the replicas change while the client reads.
 * Resolves when all were sent, or the connection ended.
 */
export async function sendPongPieces(
  sink: PacedSink,
  fields: Pick<PongFrame, 'nonce' | 'bus'>,
  subscriptions: readonly Subscription[],
  positionsOf: (subscriptions: readonly Subscription[]) => object,
): Promise<void> {
  let first = 0;
  do {
    if (!sink.isWritable()) await sink.whenWritable();
    if (sink.isOver) return;
    const next = first + positionsPerPieceMax;
    const orgs = positionsOf(subscriptions.slice(first, next));
    sink.send(encodeFrame('pong', { ...fields, orgs, ...(next < subscriptions.length && { more: true }) }));
    first = next;
  } while (first < subscriptions.length);
}

function isLagging({ phase }: Subscription): boolean {
  return phase === 'lagging';
}

/** The responses to the pings of one connection. */
export class Pongs {
  readonly #sink: PacedSink;
  /** The connection's subscriptions by organization id. */
  readonly #subscriptions: ReadonlyMap<string, Subscription>;
  readonly #deps: Pick<ConnectionDeps, 'readPath' | 'stream' | 'clock' | 'log'>;
  #pings = 0;
  #isSendingPieces = false;
  /**
   * Subscriptions that were catching up at the last ping, with its nonce. Their positions follow
   * when they have caught up. Otherwise a client that resumes would not be fresh before its next
   * ping, up to 5 s later.
   */
  #owed: Map<Subscription, Ping['nonce']> | null = null;
  #late: (readonly [Subscription, Ping['nonce']])[] = [];
  #isSendingLate = false;

  constructor(
    sink: PacedSink,
    subscriptions: ReadonlyMap<string, Subscription>,
    deps: Pick<ConnectionDeps, 'readPath' | 'stream' | 'clock' | 'log'>,
  ) {
    this.#sink = sink;
    this.#subscriptions = subscriptions;
    this.#deps = deps;
  }

  /** Whether further pings are ignored, because too many are in progress. */
  get isBusy(): boolean {
    return this.#pings >= pingsMax;
  }

  async respond(ping: Ping): Promise<void> {
    this.#pings++;
    try {
      const lagging = new Set([...this.#subscriptions.values()].filter(isLagging));
      // The client's next ping may follow 5 s later. Until then, a new replica is not fresh.
      const verified = await repeatRead(this.#deps.clock, () => this.#verify([...this.#subscriptions.values()]));
      const owed = [...this.#subscriptions.values()].filter((one) => isLagging(one) || (lagging.has(one) && !verified.has(one)));
      this.#owed = owed.length > 0 ? new Map(owed.map((one) => [one, ping.nonce])) : null;
      await this.#send(ping, [...verified]);
      for (const one of owed) if (one.phase === 'live') this.caughtUp(one);
    } catch (error) {
      // Rule F2: a server that can't reach the database sends no pongs, so leases expire.
      this.#deps.log.debug({ error: String(error) }, 'sent no pong because the replicas of a client could not be verified');
    } finally {
      this.#pings--;
    }
  }

  /** The subscription is live. If a pong lacked its position, another one with it follows. */
  caughtUp(subscription: Subscription): void {
    const nonce = this.#owed?.get(subscription);
    if (nonce === undefined) return;
    this.#owed!.delete(subscription);
    this.#late.push([subscription, nonce]);
    if (!this.#isSendingLate) void this.#sendLate();
  }

  /** Sends late positions of the same time together. */
  async #sendLate(): Promise<void> {
    this.#isSendingLate = true;
    try {
      while (this.#late.length > 0 && !this.#sink.isOver) {
        const nonces = new Map(this.#late.splice(0));
        const verified = await repeatRead(this.#deps.clock, () => this.#verify([...nonces.keys()]));
        for (const nonce of new Set(nonces.values())) {
          const some = [...verified].filter((one) => nonces.get(one) === nonce);
          if (some.length > 0) await sendPongPieces(this.#sink, this.#fields(nonce), some, (piece) => this.#positions(piece));
        }
      }
    } catch (error) {
      this.#late = [];
      this.#deps.log.debug({ error: String(error) }, 'sent no late pong because the replicas of a client could not be verified');
    } finally {
      this.#isSendingLate = false;
    }
  }

  async #verify(subscriptions: readonly Subscription[]): Promise<ReadonlySet<Subscription>> {
    const { readPath, stream } = this.#deps;
    const [verified] = await Promise.all([readPath.verify(subscriptions), stream.verify()]);
    return verified;
  }

  #fields(nonce: Ping['nonce']): Pick<PongFrame, 'nonce' | 'bus'> {
    return { nonce, ...(this.#deps.readPath.isBusDown && { bus: 'redis-down' }) };
  }

  async #send({ nonce, pieces = false }: Ping, verified: readonly Subscription[]): Promise<void> {
    const fields = this.#fields(nonce);
    if (!pieces) {
      // A client that does not read gets no whole pongs: they may be long, and its leases must
      // expire (rule R9).
      if (this.#sink.isWritable()) this.#sink.send(encodeFrame('pong', { ...fields, orgs: this.#positions(verified) }));
      return;
    }
    // The pieces of two pongs would take twice as long.
    if (this.#isSendingPieces) return;
    this.#isSendingPieces = true;
    await sendPongPieces(this.#sink, fields, verified, (some) => this.#positions(some)).finally(() => {
      this.#isSendingPieces = false;
    });
  }

  /** A subscription may have been replaced since, by one that was not verified. */
  #positions(verified: readonly Subscription[]): Record<string, object> {
    const positions: Record<string, object> = {};
    for (const subscription of verified) {
      const { orgId, position } = subscription;
      if (position && this.#subscriptions.get(orgId) === subscription) positions[orgId] = position;
    }
    return positions;
  }
}
