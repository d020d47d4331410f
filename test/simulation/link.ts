import type { Socket } from 'socket.io';
import type { Viewer } from '../../server/src/domain/evaluate-access.ts';
import type { Place, Scheduler } from './scheduler.ts';

/**
 * One client's connection to one process, with ordered messages both ways until it is cut. The
 * process's end looks like a Socket.IO socket.
 */

/** The transit time between two hosts. */
const wireMsMax = 5;
/** After this time without data, an end drops a connection that was cut silently. */
const silenceMsMax = 12_000;
/**
 * The factor for a slow client's unsent bytes. Its records count as large ones, so that few fill a
 * socket.
 */
const slowWeight = 60;

export interface ClientEnd {
  received(event: string, payload: unknown): void;
  lost(): void;
}

/** Observes what a process sends, before it is in transit. */
export interface LinkObserver {
  /** @param receivedAt when the process read the request */
  answered(link: Link, payload: SubscribePayload, answer: unknown, receivedAt: number): void;
  /** The process has read that the client unsubscribed. */
  unsubscribed(link: Link): void;
  written(link: Link, event: string, payload: never, unsentBefore: number): void;
  closed(link: Link): void;
}

export interface SubscribePayload {
  readonly org: string;
  readonly cursor?: string | null;
}

type Handler = (...values: never[]) => void;

export class Link {
  readonly client: Place;
  readonly server: Place;
  /** The client as the server evaluates it, by the session of its handshake. */
  readonly viewer: Viewer;
  readonly socket: Socket;
  /**
   * The bytes of large records per millisecond that the client reads. Null reads everything at
   * once.
   */
  bytesPerMs: number | null = null;
  /** The next step is lost, as by a fault within the server. */
  losesNextStep = false;
  readonly #scheduler: Scheduler;
  readonly #end: ClientEnd;
  readonly #observer: LinkObserver;
  readonly #handlers = new Map<string, Handler>();
  /** The server's action for each message, before it handles it. */
  onReceived = () => {};
  #isOpenHere = true;
  #isOpenThere = true;
  #isSilent = false;
  #unsent = 0;
  #downAt = 0;
  #upAt = 0;

  constructor(scheduler: Scheduler, ends: Pick<Link, 'client' | 'server' | 'viewer'>, end: ClientEnd, observer: LinkObserver) {
    this.#scheduler = scheduler;
    this.client = ends.client;
    this.server = ends.server;
    this.viewer = ends.viewer;
    this.#end = end;
    this.#observer = observer;
    this.socket = this.#asSocket();
  }

  get isOpen(): boolean {
    return this.#isOpenHere && this.#isOpenThere;
  }

  /**
   * The client's side. `answer` is called before any frame that the server sends after its reply.
   */
  emit(event: string, payload: object, answer?: (reply: unknown) => void): void {
    let receivedAt = 0;
    const acknowledge =
      answer &&
      ((reply: object) => {
        if (!this.#isOpenThere) return;
        this.#observer.answered(this, payload as SubscribePayload, reply, receivedAt);
        this.#down(JSON.stringify(reply).length, () => answer(reply));
      });
    this.#up(() => {
      receivedAt = this.#scheduler.now;
      this.onReceived();
      this.#handlers.get(event)?.(payload as never, acknowledge as never);
      if (event === 'unsubscribe') this.#observer.unsubscribed(this);
    });
  }

  /** The client closes the connection. */
  hangUp(): void {
    if (!this.#isOpenHere) return;
    this.#isOpenHere = false;
    this.#up(() => this.#closeThere());
  }

  /** @param silently whether both ends notice the loss only by a timeout */
  cut(silently: boolean): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    const wait = () => this.#scheduler.between(0, silently ? silenceMsMax : wireMsMax);
    this.#scheduler.after(this.client, wait(), () => this.#loseHere());
    this.#scheduler.after(this.server, wait(), () => this.#closeThere());
  }

  #loseHere(): void {
    if (!this.#isOpenHere) return;
    this.#isOpenHere = false;
    this.#end.lost();
  }

  #closeThere(): void {
    if (!this.#isOpenThere) return;
    this.#isOpenThere = false;
    this.#observer.closed(this);
    this.#handlers.get('disconnect')?.();
  }

  #up(run: () => void): void {
    if (this.#isSilent) return;
    this.#upAt = Math.max(this.#upAt, this.#scheduler.now + this.#scheduler.between(0.1, wireMsMax));
    this.#scheduler.after(this.server, this.#upAt - this.#scheduler.now, () => {
      if (this.#isOpenThere && !this.#isSilent) run();
    });
  }

  #down(bytes: number, run: () => void): void {
    const { now } = this.#scheduler;
    // A silently cut connection accepts nothing, and a slow client accepts little by little.
    const weighed = this.bytesPerMs === null && !this.#isSilent ? 0 : bytes * slowWeight;
    this.#unsent += weighed;
    if (this.#isSilent) return;
    const readMs = this.bytesPerMs === null ? this.#scheduler.between(0.1, wireMsMax) : weighed / this.bytesPerMs;
    this.#downAt = this.bytesPerMs === null ? Math.max(this.#downAt, now + readMs) : Math.max(this.#downAt, now) + readMs;
    this.#scheduler.after(this.client, this.#downAt - now, () => {
      this.#unsent -= weighed;
      if (this.#isOpenHere && !this.#isSilent) run();
    });
  }

  #write(text: string): void {
    if (!this.#isOpenThere) return;
    // In Socket.IO's format: "2" and the event with its payload.
    const [event, payload] = JSON.parse(text.slice(1)) as [string, unknown];
    this.#observer.written(this, event, payload as never, this.#unsent);
    if (event === 'step' && this.losesNextStep && !(payload as { more?: true }).more) {
      this.losesNextStep = false;
      return;
    }
    this.#down(text.length, () => this.#end.received(event, payload));
  }

  #asSocket(): Socket {
    const link = this;
    const socket = {
      on: (event: string, handler: Handler) => void link.#handlers.set(event, handler),
      disconnect: () => {
        if (!link.#isOpenThere) return;
        link.#closeThere();
        link.#down(0, () => link.#loseHere());
      },
      conn: {
        on: () => {},
        write: (text: string) => link.#write(text),
        close: () => link.cut(false),
        writeBuffer: [],
        transport: {
          socket: {
            get bufferedAmount() {
              return link.#unsent;
            },
            terminate: () => link.cut(false),
          },
        },
      },
    };
    return socket as unknown as Socket;
  }
}
