import { setTimeout as sleep } from 'node:timers/promises';
import type { Counters } from '../runtime/counters.ts';
import type { Log } from '../runtime/log.ts';
import { randomHex } from '../runtime/random.ts';
import type { Bus, BusStatus, RevisionNotice, Word } from './bus.ts';
import { HeardWords } from './heard-words.ts';
import { Listeners } from './listeners.ts';
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
  readonly #notices = new Listeners<RevisionNotice>();
  readonly #words = new Listeners<Word>();
  readonly #heard = new HeardWords();
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
    this.#codec = new NoticeCodec(secret, randomHex(8), Date.now);
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
    return this.#listen(this.#notices, orgId, listener);
  }

  async say(topic: string, word: Word): Promise<void> {
    this.#words.deliver(topic, word);
    await this.#send(this.#codec.channelOfTopic(topic), () => this.#codec.encodeWord(topic, word));
  }

  hear(topic: string, listener: (word: Word) => void): Promise<AsyncDisposable> {
    return this.#listen(this.#words, topic, listener);
  }

  async #send(channel: string, encode: () => string): Promise<void> {
    try {
      if (!this.#link) throw new Error('not connected');
      await this.#link.publish(channel, encode());
    } catch (error) {
      // Others find it by their sweep (rule R4). That the bus is down was logged when it went.
      this.#counters.increment('publishFailures');
      this.#log.debug({ channel, error: String(error) }, 'a message was not sent');
    }
  }

  async #listen<Message>(listeners: Listeners<Message>, key: string, listener: (message: Message) => void): Promise<AsyncDisposable> {
    listeners.add(key, listener);
    await this.#listening();
    return {
      [Symbol.asyncDispose]: async () => {
        listeners.remove(key, listener);
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
      wantedChannels: () => [
        ...[...this.#notices.keys].map((orgId) => this.#codec.channelOf(orgId)),
        ...[...this.#words.keys].map((topic) => this.#codec.channelOfTopic(topic)),
      ],
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
    const said = notice ? null : this.#codec.decodeWord(channel, message);
    if (notice) this.#notices.deliver(notice.orgId, notice);
    else if (said && this.#heard.accept(said, Date.now())) this.#words.deliver(said.topic, said.word);
    else {
      this.#counters.increment('noticesDropped');
      this.#log.debug({ channel }, 'a message that is none of ours, or not a new one, was dropped');
    }
  }

  #raiseDoubt(): void {
    for (const doubter of this.#doubters) doubter();
  }
}
