import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import type { KeyRing } from '../runtime/secrets/key-ring.ts';
import { randomHex } from '../runtime/secrets/random.ts';
import type { Bus, BusStatus, EphemeralMessage, RevisionNotice } from './bus.ts';
import { Listeners } from './listeners.ts';
import { NoticeCodec } from './notice-codec.ts';
import type { CreatePubSubClient } from './pub-sub-client.ts';
import { RedisLink } from './redis-link.ts';
import { RedisScripts } from './redis-scripts.ts';
import { ReplayGuard } from './replay-guard.ts';

/**
 * The time that a subscriber waits for Redis: one sweep interval. After that, the sweep finds
 * changes in the log.
 */
const subscribeMsMax = 250;
/** The first retry comes within 50 ms. Each later one has twice the range of the one before. */
const retryMsMin = 50;
const retryMsMax = 1_000;

export interface RedisBusOptions {
  /** Sign the messages. */
  readonly keys: KeyRing;
  readonly counters: Counters;
  readonly log: Log;
}

/**
 * Opens the bus between processes. It opens immediately and reconnects by itself, so nothing ever
 * waits for Redis.
 */
export function openRedisBus(create: CreatePubSubClient, options: RedisBusOptions): RedisBus {
  return new RedisBus(create, options);
}

export class RedisBus implements Bus {
  /**
   * Scripts run on the connection that publishes. Another connection would need its own
   * supervision, and Redis runs a script as fast as a publish.
   */
  readonly scripts: RedisScripts;
  readonly #create: CreatePubSubClient;
  readonly #codec: NoticeCodec;
  readonly #counters: Counters;
  readonly #log: Log;
  readonly #notices = new Listeners<RevisionNotice>();
  readonly #broadcasts = new Listeners<EphemeralMessage>();
  /** The channels of all listeners. */
  readonly #wantedChannels = new Set<string>();
  readonly #replayGuard = new ReplayGuard();
  readonly #gapListeners = new Set<() => void>();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #onFirstAttempt!: () => void;
  readonly #firstAttempt = new Promise<void>((resolve) => {
    this.#onFirstAttempt = resolve;
  });
  /** The link that is being connected or in use. */
  #current: RedisLink | null = null;
  /** The link in use. */
  #link: RedisLink | null = null;
  #isLossReported = false;
  status: BusStatus = 'redis-down';

  constructor(create: CreatePubSubClient, { keys, counters, log }: RedisBusOptions) {
    this.#create = create;
    this.#codec = new NoticeCodec(keys, randomHex(8), Date.now);
    this.#counters = counters;
    this.#log = log;
    this.scripts = new RedisScripts({ keyOf: (count) => this.#codec.keyOf(count), link: () => this.#link, counters });
    this.#running = this.#keepConnected();
  }

  async publish(notice: RevisionNotice): Promise<void> {
    this.#notices.deliver(notice.orgId, notice);
    await this.#send(this.#codec.channelOf(notice.orgId), () => this.#codec.encodeNotice(notice));
  }

  subscribe(orgId: string, listener: (notice: RevisionNotice) => void): Promise<AsyncDisposable> {
    return this.#listen(this.#notices, orgId, this.#codec.channelOf(orgId), listener);
  }

  async broadcast(topic: string, message: EphemeralMessage): Promise<void> {
    this.#broadcasts.deliver(topic, message);
    await this.#send(this.#codec.channelOfTopic(topic), () => this.#codec.encodeBroadcast(topic, message));
  }

  onBroadcast(topic: string, listener: (message: EphemeralMessage) => void): Promise<AsyncDisposable> {
    return this.#listen(this.#broadcasts, topic, this.#codec.channelOfTopic(topic), listener);
  }

  async #send(channel: string, encode: () => string): Promise<void> {
    try {
      if (!this.#link) throw new Error('not connected to Redis');
      await this.#link.publish(channel, encode());
    } catch (error) {
      // Other instances find the change in their sweep (rule R4). The loss of the bus was already
      // logged.
      this.#counters.increment('publishFailures');
      this.#log.debug({ channel, error: String(error) }, 'could not publish a message on the bus');
    }
  }

  async #listen<Message>(
    listeners: Listeners<Message>,
    key: string,
    channel: string,
    listener: (message: Message) => void,
  ): Promise<AsyncDisposable> {
    listeners.add(key, listener);
    this.#wantedChannels.add(channel);
    await this.#whenSubscribed(channel);
    const end = async () => {
      listeners.remove(key, listener);
      if (listeners.has(key)) return;
      this.#wantedChannels.delete(channel);
      // No caller waits for an unsubscription.
      this.#link?.sync([channel]).catch(() => {});
    };
    return { [Symbol.asyncDispose]: end };
  }

  onGap(listener: () => void): Disposable {
    this.#gapListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#gapListeners.delete(listener) };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#current?.close();
    await this.#running;
  }

  /**
   * Without Redis this resolves immediately. When Redis returns, all channels are subscribed and a
   * gap is reported.
   */
  async #whenSubscribed(channel: string): Promise<void> {
    const synced = this.#link?.sync([channel]).catch(() => {}) ?? this.#firstAttempt;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        resolve();
        synced.then(() => this.#reportGap());
      }, subscribeMsMax).unref();
      synced.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Opens one link after another, as long as the bus is open. */
  async #keepConnected(): Promise<void> {
    for (let failures = 0; !this.#closing.signal.aborted; failures++) {
      const link = this.#newLink();
      this.#current = link;
      try {
        await Promise.race([this.#useLink(link), link.lost]);
        failures = 0;
        await link.lost;
      } catch (reason) {
        this.#dropLink(reason);
      } finally {
        link.close();
      }
      // Full jitter, so that instances that lost Redis together do not all reconnect at the same
      // time.
      const retryMs = Math.random() * Math.min(retryMsMax, retryMsMin * 2 ** failures);
      await sleep(retryMs, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  #newLink(): RedisLink {
    return new RedisLink({
      create: this.#create,
      codec: this.#codec,
      wantedChannels: this.#wantedChannels,
      onMessage: (channel, message) => this.#receive(channel, message),
    });
  }

  async #useLink(link: RedisLink): Promise<void> {
    await link.connect();
    if (link !== this.#current) return;
    // From here on, each new listener starts its own subscription. This `sync` covers the earlier
    // listeners.
    this.#link = link;
    await link.sync(this.#wantedChannels);
    if (link !== this.#link) return;
    this.status = 'redis';
    this.#isLossReported = false;
    this.#log.info('connected to Redis; the bus is up');
    this.#onFirstAttempt();
    this.#reportGap();
  }

  #dropLink(reason: unknown): void {
    this.#current = null;
    this.#link = null;
    this.status = 'redis-down';
    this.#onFirstAttempt();
    if (this.#closing.signal.aborted || this.#isLossReported) return;
    this.#isLossReported = true;
    this.#log.warn(
      { error: String(reason) },
      'the bus is down because Redis is unavailable; changes of other instances arrive through the sweep, a few hundred milliseconds later',
    );
    this.#reportGap();
  }

  #receive(channel: string, message: string): void {
    if (this.#codec.isOwn(message)) return;
    const notice = this.#codec.decodeNotice(channel, message);
    const broadcast = notice ? null : this.#codec.decodeBroadcast(channel, message);
    if (notice) this.#notices.deliver(notice.orgId, notice);
    else if (broadcast && this.#replayGuard.accept(broadcast, Date.now())) this.#broadcasts.deliver(broadcast.topic, broadcast.message);
    else {
      this.#counters.increment('noticesDropped');
      this.#log.debug({ channel }, 'dropped a bus message that is malformed, forged, repeated, too old or of an unknown version');
    }
  }

  #reportGap(): void {
    for (const listener of this.#gapListeners) listener();
  }
}
