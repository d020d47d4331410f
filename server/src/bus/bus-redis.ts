import { setTimeout as sleep } from 'node:timers/promises';
import type { Counters } from '../runtime/counters.ts';
import type { Log } from '../runtime/log.ts';
import { randomHex } from '../runtime/random.ts';
import type { Bus, BusStatus, RevisionNotice } from './bus.ts';
import { type NoticeListener, NoticeListeners } from './listeners.ts';
import { NoticeCodec } from './notice-codec.ts';
import type { CreatePubSubClient } from './pub-sub-client.ts';
import { RedisLink } from './redis-link.ts';
import { RedisScripts } from './redis-scripts.ts';

/** A subscriber waits this long for Redis, as long as a sweep takes to come: then the log tells it all the same. */
const subscribeMsMax = 250;
/** After a loss the first try comes within 50 ms, later ones within twice the time of the one before. */
const retryMsMin = 50;
const retryMsMax = 1_000;

export interface RedisBusOptions {
  /** Signs the notices: all instances share it. */
  readonly secret: string;
  readonly counters: Counters;
  readonly log: Log;
}

/** The bus between processes. Opens at once and connects by itself, again and again: nothing ever waits for Redis. */
export function openRedisBus(create: CreatePubSubClient, options: RedisBusOptions): RedisBus {
  return new RedisBus(create, options);
}

export class RedisBus implements Bus {
  /** On the connection that publishes: another one would be one more to watch, and Redis answers a script as fast as a publish. */
  readonly scripts: RedisScripts;
  readonly #create: CreatePubSubClient;
  readonly #codec: NoticeCodec;
  readonly #counters: Counters;
  readonly #log: Log;
  readonly #listeners = new NoticeListeners();
  readonly #doubters = new Set<() => void>();
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #firstTry!: () => void;
  readonly #firstTried = new Promise<void>((resolve) => {
    this.#firstTry = resolve;
  });
  /** The one in the making or in use. */
  #current: RedisLink | null = null;
  /** The one in use. */
  #link: RedisLink | null = null;
  #isLossKnown = false;
  status: BusStatus = 'redis-down';

  constructor(create: CreatePubSubClient, { secret, counters, log }: RedisBusOptions) {
    this.#create = create;
    this.#codec = new NoticeCodec(secret, randomHex(8));
    this.#counters = counters;
    this.#log = log;
    this.scripts = new RedisScripts({ keyOf: (count) => this.#codec.keyOf(count), link: () => this.#link, counters });
    this.#running = this.#keepConnected();
  }

  async publish(notice: RevisionNotice): Promise<void> {
    this.#listeners.deliver(notice);
    try {
      if (!this.#link) throw new Error('not connected');
      await this.#link.publish(this.#codec.channelOf(notice.orgId), this.#codec.encodeNotice(notice));
    } catch (error) {
      // Others find it by their sweep (rule R4). That the bus is down was logged when it went.
      this.#counters.increment('publishFailures');
      this.#log.debug({ orgId: notice.orgId, revision: notice.revision, error: String(error) }, 'a notice was not sent');
    }
  }

  async subscribe(orgId: string, listener: NoticeListener): Promise<AsyncDisposable> {
    this.#listeners.add(orgId, listener);
    await this.#listening();
    return {
      [Symbol.asyncDispose]: async () => {
        this.#listeners.remove(orgId, listener);
        // Nobody waits to hear less.
        this.#link?.sync().catch(() => {});
      },
    };
  }

  onDoubt(listener: () => void): Disposable {
    this.#doubters.add(listener);
    return { [Symbol.dispose]: () => void this.#doubters.delete(listener) };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#current?.close();
    await this.#running;
  }

  /** Without Redis at once: when it is back, everything is listened for, and doubt is raised. */
  async #listening(): Promise<void> {
    const synced = this.#link?.sync().catch(() => {}) ?? this.#firstTried;
    const isInTime = await Promise.race([synced.then(() => true), sleep(subscribeMsMax, false, { ref: false })]);
    if (!isInTime) synced.then(() => this.#raiseDoubt());
  }

  /** One link after another, for as long as the bus is open. */
  async #keepConnected(): Promise<void> {
    for (let failures = 0; !this.#closing.signal.aborted; failures++) {
      const link = this.#newLink();
      this.#current = link;
      try {
        await Promise.race([this.#bringUp(link), link.lost]);
        failures = 0;
        await link.lost;
      } catch (reason) {
        this.#bringDown(reason);
      } finally {
        link.close();
      }
      // Full jitter, so that instances that lost Redis together do not all come back at once.
      const retryMs = Math.random() * Math.min(retryMsMax, retryMsMin * 2 ** failures);
      await sleep(retryMs, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  #newLink(): RedisLink {
    return new RedisLink({
      create: this.#create,
      codec: this.#codec,
      wantedOrgIds: () => this.#listeners.orgIds,
      onMessage: (channel, message) => this.#receive(channel, message),
    });
  }

  async #bringUp(link: RedisLink): Promise<void> {
    await link.connect();
    if (link !== this.#current) return;
    // From here on each new listener sees to its own subscription; those of before are in this one.
    this.#link = link;
    await link.sync();
    if (link !== this.#link) return;
    this.status = 'redis';
    this.#isLossKnown = false;
    this.#log.info('the bus over Redis is up');
    this.#firstTry();
    this.#raiseDoubt();
  }

  #bringDown(reason: unknown): void {
    this.#current = null;
    this.#link = null;
    this.status = 'redis-down';
    this.#firstTry();
    if (this.#closing.signal.aborted || this.#isLossKnown) return;
    this.#isLossKnown = true;
    this.#log.warn({ error: String(reason) }, 'the bus over Redis is down: changes arrive by the sweep, later');
    this.#raiseDoubt();
  }

  #receive(channel: string, message: string): void {
    if (this.#codec.isOwn(message)) return;
    const notice = this.#codec.decodeNotice(channel, message);
    if (notice) {
      this.#listeners.deliver(notice);
      return;
    }
    this.#counters.increment('noticesDropped');
    this.#log.debug({ channel }, 'a message that is no notice of ours was dropped');
  }

  #raiseDoubt(): void {
    for (const doubter of this.#doubters) doubter();
  }
}
