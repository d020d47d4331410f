/**
 * The interface between the bus and a Redis client library. A client is one attempt at a
 * connection. It never reconnects by itself, because neither library reports which messages were
 * lost in between. The bus makes a new client instead.
 */
export interface PubSubClient {
  /** Resolves when both publishing and subscribing work. */
  connect(): Promise<void>;
  /** Resolves when Redis has received it. Rejects when it can't be sent now: nothing is queued. */
  publish(channel: string, message: string): Promise<void>;
  /** Resolves when Redis has confirmed the subscriptions, of at least one channel. */
  subscribe(channels: readonly string[]): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /**
   * Runs a Lua script on the node that has `key`. Rejects when it can't be sent now: nothing is
   * queued.
   */
  runScript(script: string, key: string, args: readonly string[]): Promise<unknown>;
  /**
   * Channels that together use each connection on which messages may arrive. Their names begin with
   * `base`.
   */
  channelsOfAllConnections(base: string): readonly string[];
  /** Closes the client immediately, even while it connects. Operations in progress reject. */
  destroy(): void;
}

export interface PubSubEvents {
  message(channel: string, message: string): void;
  /** A connection is lost or has failed. May be called more than once. */
  lost(reason: unknown): void;
}

export type CreatePubSubClient = (events: PubSubEvents) => PubSubClient;

/**
 * The time for a connection to be made. After that, the server is assumed to be frozen, with only
 * its kernel responding.
 */
export const connectMsMax = 1_500;
