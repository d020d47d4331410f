import { markersIn, nowUs } from '../marker.ts';
import type { Greeting } from './greeting.ts';
import { RawWebSocket } from './raw-web-socket.ts';
import { readOnce } from './read-once.ts';
import type { Reception } from './reception.ts';

/**
 * One subscriber. It connects, remembers the last version of each record, and connects elsewhere
 * after a loss.
 */

const reconnectMs = [50, 250] as const;
/**
 * The live messages of all contestants begin with one of these. Any other message with markers is a
 * snapshot.
 */
const liveOpenings = ['42["step"', '42["change"'].map((text) => Buffer.from(text));
const enginePing = '2';
const enginePong = '3';

const readMessage = readOnce((payload) => ({
  isLive: liveOpenings.some((opening) => payload.subarray(0, opening.length).equals(opening)),
  markers: markersIn(payload.toString('latin1')),
}));

export class Subscriber {
  /** For each team: the version in the last message. A client would replace its record with it. */
  readonly versions: Int32Array;
  readonly ready: Promise<void>;
  readonly #urls: readonly string[];
  readonly #greeting: Greeting;
  readonly #reception: Reception;
  #resolveReady = () => {};
  #attempt: number;
  #socket!: RawWebSocket;
  #isOver = false;

  /** @param first the index of the url to try first */
  constructor(urls: readonly string[], first: number, teams: number, greeting: Greeting, reception: Reception) {
    this.versions = new Int32Array(teams);
    this.#urls = urls;
    this.#attempt = first;
    this.#greeting = greeting;
    this.#reception = reception;
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    this.#connect();
  }

  /** Requests the head of its organization, as a client of Rollcall does. */
  ping(): void {
    this.#socket.send('42["ping",{"nonce":1}]');
  }

  close(): void {
    this.#isOver = true;
    this.#socket.close();
  }

  #connect(): void {
    const url = new URL(this.#greeting.path, this.#urls[this.#attempt++ % this.#urls.length]);
    this.#socket = new RawWebSocket(url, {
      onOpen: () => {
        if (this.#greeting.readyOn === null) this.#resolveReady();
      },
      onMessage: (payload) => this.#receive(payload),
      onClose: () => {
        if (this.#isOver) return;
        this.#reception.countReconnect();
        const [low, high] = reconnectMs;
        setTimeout(() => this.#isOver || this.#connect(), low + Math.random() * (high - low));
      },
    });
  }

  #receive(payload: Buffer): void {
    const { isLive, markers } = readMessage(payload);
    if (isLive) this.#reception.countMessage(payload.length, markers, nowUs());
    for (const { team, version } of markers) this.versions[team] = version;
    if (!isLive) this.#converse(payload);
  }

  #converse(payload: Buffer): void {
    const { onOpen, onConnect, readyOn } = this.#greeting;
    const text = payload.toString('latin1', 0, 64);
    if (text === enginePing) this.#socket.send(enginePong);
    else if (text.startsWith('0') && onOpen) this.#socket.send(onOpen);
    else if (text.startsWith('40') && onConnect) this.#socket.send(onConnect);
    if (readyOn && text.startsWith(readyOn)) this.#resolveReady();
    if (text.startsWith('42["goodbye"') || text.startsWith('44')) this.#socket.close();
  }
}
