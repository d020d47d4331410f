import type { GoodbyeReason } from '@rollcall/protocol';
import type { Authentication, Caller } from '../../identity/caller.ts';
import type { ReadPath } from '../../read-path/read-path.ts';
import type { EventReader } from '../../read-path/subscriptions/event-reader.ts';
import type { Frame } from '../../read-path/subscriptions/frame.ts';
import type { FrameSink } from '../../read-path/subscriptions/subscription.ts';
import { runAt, systemClock } from '../../runtime/clock.ts';
import type { ReaderSlots } from './reader-slots.ts';

/** The range in which the client of a stream reconnects. */
const reconnectRetryMs = [100, 1_000] as const;

/** The parts of the server that end a request of the changes API. */
export interface EventServices {
  readonly readPath: ReadPath;
  readonly streams: ReaderSlots;
  readonly waits: ReaderSlots;
  readonly snapshots: ReaderSlots;
  /** Ends the connections of a credential that ends, as it ends sockets. */
  readonly connections: { add(connection: EventConnection): void; remove(connection: EventConnection): void };
  /** The revision of the server's own log. */
  serverRevision(): number;
  /** Whether a credential that was read after that revision has ended, or may have. */
  hasEndedSince(serverRevision: number, authentication: Authentication): boolean;
}

/** The last event of a stream. */
export interface Ending {
  readonly event: string;
  readonly data: object;
}

/**
 * A request of the changes API as the connection of one subscription. The read path ends it when
 * the rights end or change, and the registry of connections when the credential ends or the server
 * stops.
 */
export class EventConnection implements FrameSink {
  readonly caller: Caller;
  readonly staleCount = 0;
  readonly #connections: EventServices['connections'];
  readonly #cancelExpiry: () => void;
  #reader: EventReader | null = null;
  #isOver = false;
  #onEnd: (ending: Ending | null) => void = () => {};
  #ending: Ending | null = null;

  constructor(caller: Caller, connections: EventServices['connections']) {
    this.caller = caller;
    this.#connections = connections;
    connections.add(this);
    const { expiresAt } = caller;
    this.#cancelExpiry =
      expiresAt === null ? () => {} : runAt(systemClock, Date.parse(expiresAt), () => this.goodbye('credential-expired', null));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  begin(reader: EventReader): void {
    this.#reader = reader;
    if (this.#isOver) reader.close();
  }

  /**
   * Calls the listener once, or at once if the connection is over. Null if no event gives the
   * reason.
   */
  onEnd(listener: (ending: Ending | null) => void): void {
    if (this.#isOver) listener(this.#ending);
    else this.#onEnd = listener;
  }

  send({ event, json }: Frame): void {
    const { org: _, ...data } = JSON.parse(json) as { org: string };
    this.#end({ event, data });
  }

  goodbye(reason: GoodbyeReason, retryAfterMs: readonly [number, number] | null): number {
    if (this.#isOver) return 0;
    const ended = this.#reader?.isOpen ? 1 : 0;
    this.#end({ event: 'goodbye', data: { reason, retryAfterMs } });
    return ended;
  }

  /** Its client may connect again, and access is then evaluated again. */
  changeSecondFactor(isMissing: boolean): number {
    return isMissing ? this.goodbye('overloaded', reconnectRetryMs) : 0;
  }

  /** The client disconnected, or its response is complete. */
  close(): void {
    this.#end(null);
  }

  credentialRevoked(): void {
    this.goodbye('credential-revoked', null);
  }

  failed(): void {
    this.#end(null);
  }

  ended(): void {}

  tooSlow(): void {}

  unsentBytes(): number {
    return 0;
  }

  isWritable(): boolean {
    return true;
  }

  async whenWritable(): Promise<void> {}

  #end(ending: Ending | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ending = ending;
    this.#cancelExpiry();
    this.#connections.remove(this);
    this.#reader?.close();
    this.#onEnd(ending);
  }
}
