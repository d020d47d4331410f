import type { NoticeCodec } from './notice-codec.ts';
import { type CreatePubSubClient, connectMsMax, type PubSubClient } from './pub-sub-client.ts';

/**
 * One connection to Redis, from its making to its first trouble. It listens to its own heartbeat: a connection that is
 * open proves nothing about a server that is frozen, or about messages that no longer come (rule R3).
 */

const beatIntervalMs = 500;
/** Counted in beats and not in time, so that a process that was stopped for a while first hears what waits for it: 1.5 s. */
const unheardBeatsMax = 3;

export interface RedisLinkOptions {
  readonly create: CreatePubSubClient;
  readonly codec: NoticeCodec;
  /** What to listen for, as of now. */
  wantedChannels(): Iterable<string>;
  onMessage(channel: string, message: string): void;
}

/** Beats on one channel that were sent since one was heard. Each is another one, so that none can be sent again by others. */
type UnheardBeats = string[];

export class RedisLink {
  readonly #client: PubSubClient;
  readonly #codec: NoticeCodec;
  readonly #wantedChannels: () => Iterable<string>;
  /** Rejects at the first trouble. */
  readonly lost: Promise<never>;
  #fail!: (reason: unknown) => void;
  readonly #subscribed = new Set<string>();
  #syncing: Promise<void> = Promise.resolve();
  #nextSync: Promise<void> | null = null;
  /** By channel. */
  readonly #beats = new Map<string, UnheardBeats>();
  #onAllHeard: () => void = () => {};
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
        const unheard = this.#beats.get(channel);
        const index = unheard?.indexOf(message) ?? -1;
        if (unheard && index >= 0) this.#hear(unheard, index);
        else onMessage(channel, message);
      },
      lost: (reason) => this.#fail(reason),
    });
  }

  /** Resolves when the process hears itself on every connection. */
  async connect(): Promise<void> {
    const timer = setTimeout(() => this.#fail(new Error(`no answer within ${connectMsMax} ms`)), connectMsMax);
    try {
      await this.#client.connect();
      const channels = this.#client.channelsOfAllConnections(this.#codec.beatChannel);
      for (const channel of channels) this.#beats.set(channel, []);
      await Promise.all(channels.map((channel) => this.#client.subscribe(channel)));
      const allHeard = new Promise<void>((resolve) => {
        this.#onAllHeard = resolve;
      });
      this.#beat();
      await allHeard;
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

  /** Brings the subscriptions to what is wanted now. Several calls at once take one round to Redis. */
  sync(): Promise<void> {
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
    const wanted = new Set(this.#wantedChannels());
    const toStart = [...wanted].filter((channel) => !this.#subscribed.has(channel));
    const toEnd = [...this.#subscribed].filter((channel) => !wanted.has(channel));
    await Promise.all([
      ...toStart.map((channel) => this.#client.subscribe(channel)),
      ...toEnd.map((channel) => this.#client.unsubscribe(channel)),
    ]);
    for (const channel of toStart) this.#subscribed.add(channel);
    for (const channel of toEnd) this.#subscribed.delete(channel);
  }

  #beat(): void {
    const channels = [...this.#beats.keys()];
    if (channels.join() !== this.#client.channelsOfAllConnections(this.#codec.beatChannel).join()) {
      this.#fail(new Error('the shards of the cluster are others now'));
      return;
    }
    for (const [channel, unheard] of this.#beats) {
      if (unheard.length >= unheardBeatsMax) this.#fail(new Error(`silent for ${unheardBeatsMax * beatIntervalMs} ms`));
      const beat = this.#codec.encodeBeat(channel);
      unheard.push(beat);
      this.#client.publish(channel, beat).catch(this.#fail);
    }
  }

  /** Those before it are lost, or heard out of order, which is as good. */
  #hear(unheard: UnheardBeats, index: number): void {
    unheard.splice(0, index + 1);
    if ([...this.#beats.values()].every(({ length }) => length === 0)) this.#onAllHeard();
  }
}
