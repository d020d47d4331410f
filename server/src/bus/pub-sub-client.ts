/**
 * What the bus over Redis asks of a client library. One of these is one attempt at being connected: it never connects
 * again by itself, because neither library tells what was lost meanwhile. The bus makes a new one instead.
 */
export interface PubSubClient {
  /** Resolves when both publishing and subscribing work. */
  connect(): Promise<void>;
  /** Resolves when Redis has it. Rejects when it cannot be sent now: nothing is queued until later. */
  publish(channel: string, message: string): Promise<void>;
  /** Resolves when Redis has confirmed it. */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Runs a Lua script where `key` is. Rejects when it cannot be sent now: nothing is queued until later. */
  runScript(script: string, key: string, args: readonly string[]): Promise<unknown>;
  /** Channels that between them use each connection that messages may take. Their names begin with `base`. */
  channelsOfAllConnections(base: string): readonly string[];
  /** Ends it at once, also while it connects. What is under way rejects. */
  destroy(): void;
}

export interface PubSubEvents {
  message(channel: string, message: string): void;
  /** Some connection is gone or in trouble. May be called more than once. */
  lost(reason: unknown): void;
}

export type CreatePubSubClient = (events: PubSubEvents) => PubSubClient;

/** How long a connection may take until it is taken for a frozen server's, whose kernel alone answers. */
export const connectMsMax = 1_500;
