import { batchesOf } from '../runtime/tasks/batches-of.ts';
import type { NoticeCodec } from './notice-codec.ts';
import { type CreatePubSubClient, connectMsMax, type PubSubClient } from './pub-sub-client.ts';

/**
 * One connection to Redis, from its creation to its first failure. It receives its own heartbeat,
 * because an open connection does not prove that the server is alive, or that messages still arrive
 * (rule R3).
 */

const beatIntervalMs = 500;
/**
 * Counted in heartbeats, not in time: 1.5 s. A process that was stopped for a while thus first
 * reads the messages that arrived in that time.
 */
const unreceivedBeatsMax = 3;
/** Channels that one command subscribes to. Redis serves no other client while it runs. */
const channelsPerCommandMax = 1_000;

export interface RedisLinkOptions {
  readonly create: CreatePubSubClient;
  readonly codec: NoticeCodec;
  /** The channels to subscribe to. Changes while the link is used. */
  readonly wantedChannels: ReadonlySet<string>;
  onMessage(channel: string, message: string): void;
}

/**
 * The heartbeats on one channel that were sent since the last one arrived. Each is different, so
 * that other clients of Redis can't fake a heartbeat by repeating an earlier one.
 */
type UnreceivedBeats = string[];

export class RedisLink {
  readonly #client: PubSubClient;
  readonly #codec: NoticeCodec;
  readonly #wantedChannels: ReadonlySet<string>;
  /** Rejects at the first failure. */
  readonly lost: Promise<never>;
  #fail!: (reason: unknown) => void;
  readonly #subscribed = new Set<string>();
  /** The channels to compare with the wanted ones. To compare all costs too much with thousands. */
  readonly #changed = new Set<string>();
  #syncing: Promise<void> = Promise.resolve();
  #nextSync: Promise<void> | null = null;
  /** The heartbeats by channel. */
  readonly #beats = new Map<string, UnreceivedBeats>();
  #onAllReceived: () => void = () => {};
  #timer: NodeJS.Timeout | null = null;

  constructor({ create, codec, wantedChannels, onMessage }: RedisLinkOptions) {
    this.#codec = codec;
    this.#wantedChannels = wantedChannels;
    this.lost = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.lost.catch(() => {});
    this.#client = create({
      message: (channel, message) => {
        const unreceived = this.#beats.get(channel);
        const index = unreceived?.indexOf(message) ?? -1;
        if (unreceived && index >= 0) this.#receiveBeat(unreceived, index);
        else onMessage(channel, message);
      },
      lost: (reason) => this.#fail(reason),
    });
  }

  /** Resolves when the process receives its own heartbeat on every connection. */
  async connect(): Promise<void> {
    const timer = setTimeout(() => this.#fail(new Error(`no response within ${connectMsMax} ms`)), connectMsMax);
    try {
      await this.#client.connect();
      const channels = this.#client.channelsOfAllConnections(this.#codec.beatChannel);
      for (const channel of channels) this.#beats.set(channel, []);
      await this.#client.subscribe(channels);
      const allReceived = new Promise<void>((resolve) => {
        this.#onAllReceived = resolve;
      });
      this.#beat();
      await allReceived;
    } finally {
      clearTimeout(timer);
    }
    this.#timer = setInterval(() => this.#beat(), beatIntervalMs);
    this.#timer.unref();
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.#client.publish(channel, message);
  }

  runScript(script: string, key: string, args: readonly string[]): Promise<unknown> {
    return this.#client.runScript(script, key, args);
  }

  /**
   * Subscribes to these channels if they are wanted, and ends their subscriptions if not.
   * Concurrent calls share one round trip to Redis.
   */
  sync(channels: Iterable<string>): Promise<void> {
    for (const channel of channels) this.#changed.add(channel);
    this.#nextSync ??= this.#syncing.then(() => {
      this.#nextSync = null;
      return this.#subscribeToWanted();
    });
    this.#syncing = this.#nextSync.catch((reason: unknown) => this.#fail(reason));
    return this.#nextSync;
  }

  close(): void {
    this.#fail(new Error('closed'));
    if (this.#timer) clearInterval(this.#timer);
    this.#client.destroy();
  }

  async #subscribeToWanted(): Promise<void> {
    const changed = [...this.#changed];
    this.#changed.clear();
    const toStart = changed.filter((channel) => this.#wantedChannels.has(channel) && !this.#subscribed.has(channel));
    const toEnd = changed.filter((channel) => !this.#wantedChannels.has(channel) && this.#subscribed.has(channel));
    await Promise.all([
      ...batchesOf(toStart, channelsPerCommandMax).map((channels) => this.#client.subscribe(channels)),
      ...toEnd.map((channel) => this.#client.unsubscribe(channel)),
    ]);
    for (const channel of toStart) this.#subscribed.add(channel);
    for (const channel of toEnd) this.#subscribed.delete(channel);
  }

  #beat(): void {
    const channels = [...this.#beats.keys()];
    if (channels.join() !== this.#client.channelsOfAllConnections(this.#codec.beatChannel).join()) {
      this.#fail(new Error('the Redis Cluster topology changed'));
      return;
    }
    for (const [channel, unreceived] of this.#beats) {
      if (unreceived.length >= unreceivedBeatsMax)
        this.#fail(new Error(`no heartbeat arrived within ${unreceivedBeatsMax * beatIntervalMs} ms`));
      const beat = this.#codec.encodeBeat(channel);
      unreceived.push(beat);
      this.#client.publish(channel, beat).catch(this.#fail);
    }
  }

  /** Earlier heartbeats are lost, or arrive out of order. Either is fine. */
  #receiveBeat(unreceived: UnreceivedBeats, index: number): void {
    unreceived.splice(0, index + 1);
    if ([...this.#beats.values()].every(({ length }) => length === 0)) this.#onAllReceived();
  }
}
