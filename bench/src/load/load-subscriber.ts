import { backoffMs, msWithin } from '../../../client-sdk/src/reconnect-delay.ts';
import {
  connectRefusalSchema,
  goodbyeFrameSchema,
  pongFrameSchema,
  revokedFrameSchema,
  subscribeAckSchema,
} from '../../../protocol/src/index.ts';
import { nowUs } from '../marker.ts';
import { rollcallGreeting } from '../subscribers/greeting.ts';
import { RawWebSocket } from '../subscribers/raw-web-socket.ts';
import type { LoadReception } from './load-reception.ts';
import { payloadOf, type ReadFrame, readFrame } from './read-frame.ts';

export interface LoadSubscriberSettings {
  /**
   * The URLs of the instances. If one is unreachable, the next one is tried at once, as a balancer
   * does.
   */
  readonly urls: readonly string[];
  readonly token: string;
  readonly org: string;
  readonly collections: readonly string[] | null;
  /** The index of the URL to try first. */
  readonly first: number;
  /** The number of records with versions. */
  readonly records: number;
  readonly reception: LoadReception;
  readonly random: () => number;
}

/** A browser's lease is 15 s, with three pings per lease. */
const pingIntervalMs = 5_000;
/** A connection that lasted this long counts as successful, as in the SDK. */
const stableUs = 10_000_000;
const replicaKinds: readonly ReadFrame['kind'][] = ['step', 'snapshot', 'snapshot-end'];

/**
 * A subscriber with the SDK's behavior and delays on the wire. It keeps only its replica's
 * position and the last version of each record.
 */
export class LoadSubscriber {
  readonly versions: Int32Array;
  /** Resolves with the first complete replica. */
  readonly ready: Promise<void>;
  readonly #settings: LoadSubscriberSettings;
  #resolveReady = () => {};
  #socket!: RawWebSocket;
  #attempt: number;
  #unreachable = 0;
  #lossCount = 0;
  /** Null without a connection. */
  #connectedUs: number | null = null;
  #isOver = false;
  #requestedMs: number | null = null;
  #cursor: string | null = null;
  #own = -1;
  #lostUs: number | null = null;
  #pings: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  isLive = false;
  /** The revision that ended its rights. No frame may follow. */
  revokedAt: number | null = null;
  /** Frames that brought that revision or a later one. Must stay 0. */
  leaked = 0;
  /** Called when the connection is closed permanently. */
  onEnded: (us: number) => void = () => {};

  constructor(settings: LoadSubscriberSettings) {
    this.#settings = settings;
    this.#attempt = settings.first;
    this.versions = new Int32Array(settings.records);
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    this.#connect();
  }

  get own(): number {
    return this.#own;
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#stop();
    this.#socket.close();
  }

  #connect(): void {
    const { urls, token, org } = this.#settings;
    const url = new URL(rollcallGreeting(token, org).path, urls[this.#attempt++ % urls.length]);
    let isOpen = false;
    this.#socket = new RawWebSocket(url, {
      onOpen: () => {
        isOpen = true;
        this.#unreachable = 0;
      },
      onMessage: (payload) => this.#receive(readFrame(payload), payload.length),
      onClose: () => this.#onClose(isOpen),
    });
  }

  #onClose(wasOpen: boolean): void {
    this.#stop();
    if (this.#isOver || this.revokedAt !== null) {
      this.onEnded(nowUs());
      return;
    }
    if (wasOpen) this.#settings.reception.count('losses');
    const requestedMs = this.#requestedMs;
    this.#requestedMs = null;
    const isNextTried = !wasOpen && ++this.#unreachable < this.#settings.urls.length;
    if (!isNextTried) this.#unreachable = 0;
    const delayMs = isNextTried ? 0 : (requestedMs ?? backoffMs(this.#lossCount++, this.#settings.random));
    this.#timer = setTimeout(() => this.#connect(), delayMs);
  }

  #stop(): void {
    if (this.isLive) this.#lostUs = nowUs();
    if (this.#connectedUs !== null && nowUs() - this.#connectedUs >= stableUs) this.#lossCount = 0;
    this.isLive = false;
    this.#connectedUs = null;
    clearInterval(this.#pings);
  }

  #receive(frame: ReadFrame, bytes: number): void {
    const { reception } = this.#settings;
    if (this.revokedAt !== null && replicaKinds.includes(frame.kind)) this.leaked++;
    if (frame.kind === 'step') reception.countMessage(bytes, frame.markers, nowUs());
    for (const { team, version } of frame.markers) this.versions[team] = version;
    switch (frame.kind) {
      case 'step':
        this.#step(frame);
        break;
      case 'snapshot-end':
        this.#stand(frame);
        this.#goLive();
        break;
      case 'pong':
        this.#pong(payloadOf(frame));
        break;
      case 'resync':
        reception.count('resyncs');
        this.#cursor = null;
        this.isLive = false;
        break;
      case 'revoked':
        this.#revoked(payloadOf(frame));
        break;
      case 'goodbye':
        this.#goodbye(payloadOf(frame));
        break;
      default:
        this.#converse(frame);
    }
  }

  #converse(frame: ReadFrame): void {
    const { token, org, collections } = this.#settings;
    if (frame.kind === 'heartbeat') this.#socket.send('3');
    else if (frame.kind === 'open') this.#socket.send(rollcallGreeting(token, org).onOpen!);
    else if (frame.kind === 'connected') {
      this.#connectedUs = nowUs();
      const request = { org, ...(collections && { collections }), ...(this.#cursor !== null && { cursor: this.#cursor }) };
      this.#socket.send(`420${JSON.stringify(['subscribe', request])}`);
    } else if (frame.kind === 'answer') this.#answered(payloadOf(frame));
    else if (frame.kind === 'refused') {
      this.#settings.reception.count('refusals');
      const refusal = connectRefusalSchema.safeParse((payloadOf(frame) as { data?: unknown }).data);
      if (refusal.data?.retryAfterMs) this.#requestedMs = msWithin(refusal.data.retryAfterMs, this.#settings.random);
      this.#socket.close();
    }
  }

  #answered(payload: unknown): void {
    const { reception } = this.#settings;
    const answer = subscribeAckSchema.parse(payload);
    if (answer.mode === 'denied') {
      reception.count('deniedOrRevoked');
      this.close();
    } else if (answer.mode === 'resume') {
      reception.count('resumes');
      // If the revision is later, the step that follows makes the replica current, or the pong if
      // nothing visible happened.
      if (answer.revision <= this.#own) this.#goLive();
      else this.#ping();
    } else if (this.#cursor !== null) {
      reception.count('snapshots');
    }
  }

  #step(frame: ReadFrame): void {
    if (frame.from > this.#own) this.#settings.reception.count('gaps');
    if (frame.hasMore || frame.to <= this.#own) return;
    this.#stand(frame);
    if (!this.isLive) this.#goLive();
  }

  #stand({ to, cursor }: ReadFrame): void {
    this.#own = to;
    this.#cursor = cursor ?? this.#cursor;
  }

  #goLive(): void {
    this.isLive = true;
    this.#resolveReady();
    if (this.#lostUs !== null) this.#settings.reception.countOutage(nowUs() - this.#lostUs);
    this.#lostUs = null;
    clearInterval(this.#pings);
    this.#pings = setInterval(() => this.#ping(), pingIntervalMs);
    // The first proof of freshness is requested at once, which also spreads the pings over the
    // interval.
    this.#ping();
  }

  #ping(): void {
    if (this.#connectedUs !== null) this.#socket.send('42["ping",{"nonce":1}]');
  }

  /** Raises the replica's position, at which the next step may begin. */
  #pong(payload: unknown): void {
    for (const { revision, cursor } of Object.values(pongFrameSchema.parse(payload).orgs)) {
      if (this.revokedAt !== null) this.leaked++;
      if (revision < this.#own) continue;
      this.#own = revision;
      this.#cursor = cursor;
      if (!this.isLive) this.#goLive();
    }
  }

  #revoked(payload: unknown): void {
    const { revision } = revokedFrameSchema.parse(payload);
    if (this.#own >= revision) this.leaked++;
    this.revokedAt = revision;
    this.#settings.reception.count('deniedOrRevoked');
  }

  #goodbye(payload: unknown): void {
    const { retryAfterMs } = goodbyeFrameSchema.parse(payload);
    if (retryAfterMs) this.#requestedMs = msWithin(retryAfterMs, this.#settings.random);
    else this.#isOver = true;
    this.#socket.close();
  }
}
