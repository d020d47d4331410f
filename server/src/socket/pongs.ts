import type { Ping, PongFrame } from '@rollcall/protocol';
import { encodeFrame } from '../read-path/frame.ts';
import { repeatRead } from '../read-path/outage-retries.ts';
import type { Subscription } from '../read-path/subscription.ts';
import type { ConnectionDeps } from './connection-deps.ts';
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

/** The responses to the pings of one connection. */
export class Pongs {
  readonly #sink: PacedSink;
  /** The connection's subscriptions by organization id. */
  readonly #subscriptions: ReadonlyMap<string, Subscription>;
  readonly #deps: Pick<ConnectionDeps, 'channels' | 'stream' | 'clock' | 'log'>;
  #pings = 0;
  #isSendingPieces = false;

  constructor(
    sink: PacedSink,
    subscriptions: ReadonlyMap<string, Subscription>,
    deps: Pick<ConnectionDeps, 'channels' | 'stream' | 'clock' | 'log'>,
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
      // The client's next ping may follow 5 s later. Until then, a new replica is not fresh.
      const verified = await repeatRead(this.#deps.clock, () => this.#verify());
      await this.#send(ping, [...verified]);
    } catch (error) {
      // Rule F2: a server that can't reach the database sends no pongs, so leases expire.
      this.#deps.log.debug({ error: String(error) }, 'sent no pong because the replicas of a client could not be verified');
    } finally {
      this.#pings--;
    }
  }

  async #verify(): Promise<ReadonlySet<Subscription>> {
    const { channels, stream } = this.#deps;
    const [verified] = await Promise.all([channels.verify([...this.#subscriptions.values()]), stream.verify()]);
    return verified;
  }

  async #send({ nonce, pieces = false }: Ping, verified: readonly Subscription[]): Promise<void> {
    const fields = { nonce, ...(this.#deps.channels.isBusDown && { bus: 'redis-down' }) };
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
