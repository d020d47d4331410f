import { oneChannelPerShard } from './hash-slot.ts';
import { type CreatePubSubClient, connectMsMax, type PubSubEvents } from './pub-sub-client.ts';

/**
 * The bus over node-redis. It uses PUBLISH and SUBSCRIBE on one server, and their sharded forms on
 * a Cluster.
 */

interface Emitter {
  // biome-ignore lint/suspicious/noExplicitAny: each event has its own arguments.
  on(event: string, listener: (...args: any[]) => void): unknown;
}
type ScriptOptions = { keys: string[]; arguments: string[] };
type OnMessage = (message: string, channel: string) => void;

/** A client in the form that `createClient` of `redis` makes, with any modules and types. */
export interface NodeRedisClient extends Emitter {
  readonly options: { readonly socket?: object };
  duplicate(overrides: object): NodeRedisClient;
  connect(): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  subscribe(channels: string[], listener: OnMessage): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  eval(script: string, options: ScriptOptions): Promise<unknown>;
  destroy(): void;
}

/** A client in the form that `createCluster` of `redis` makes. */
export interface NodeRedisCluster extends Emitter {
  /** An entry is empty if no node owns the slot. */
  readonly slots: readonly { readonly master: { readonly address: string } }[];
  readonly _options: { readonly defaults?: { readonly socket?: object } };
  duplicate(overrides: object): NodeRedisCluster;
  connect(): Promise<unknown>;
  sPublish(channel: string, message: string): Promise<unknown>;
  sSubscribe(channel: string, listener: OnMessage): Promise<unknown>;
  sUnsubscribe(channel: string): Promise<unknown>;
  eval(script: string, options: ScriptOptions): Promise<unknown>;
  destroy(): void;
}

const oneConnection = {
  disableOfflineQueue: true,
  socket: { reconnectStrategy: false, connectTimeout: connectMsMax },
} as const;

/**
 * Disables the command timeout of node-redis. The bus ends a connection whose heartbeat stops, and
 * has its own time limit for scripts. node-redis would otherwise create an `AbortSignal` with a
 * timer of 5 s for each command. That is more work than the command itself, and leaves long-lived
 * garbage.
 */
const commandOptions = { timeout: undefined };

/** Opens its own connections, with the options of the given client. */
export function nodeRedisPubSub(given: NodeRedisClient): CreatePubSubClient {
  return (events) => {
    const duplicate = () =>
      given.duplicate({ ...oneConnection, commandOptions, socket: { ...given.options.socket, ...oneConnection.socket } });
    // Two connections, because in the older protocol a connection that subscribes takes no other
    // commands.
    const publisher = duplicate();
    const subscriber = duplicate();
    for (const client of [publisher, subscriber]) reportLoss(client, ['error', 'end'], events);
    const onMessage: OnMessage = (message, channel) => events.message(channel, message);
    return {
      async connect() {
        await Promise.all([publisher.connect(), subscriber.connect()]);
      },
      async publish(channel, message) {
        await publisher.publish(channel, message);
      },
      async subscribe(channels) {
        await subscriber.subscribe([...channels], onMessage);
      },
      async unsubscribe(channel) {
        await subscriber.unsubscribe(channel);
      },
      runScript: (script, key, args) => publisher.eval(script, { keys: [key], arguments: [...args] }),
      channelsOfAllConnections: (base) => [base],
      destroy() {
        publisher.destroy();
        subscriber.destroy();
      },
    };
  };
}

/** Opens its own connections, with the options of the given client. */
export function nodeRedisClusterPubSub(given: NodeRedisCluster): CreatePubSubClient {
  return (events) => {
    const { defaults } = given._options;
    const cluster = given.duplicate({
      commandOptions,
      defaults: { ...defaults, ...oneConnection, socket: { ...defaults?.socket, ...oneConnection.socket } },
    });
    reportLoss(cluster, ['error', 'node-error', 'node-disconnect', 'sharded-channel-moved-error'], events);
    const onMessage: OnMessage = (message, channel) => events.message(channel, message);
    let connecting: Promise<unknown> = Promise.resolve();
    return {
      async connect() {
        connecting = cluster.connect();
        await connecting;
      },
      async publish(channel, message) {
        await cluster.sPublish(channel, message);
      },
      // One command takes only channels of the same slot.
      async subscribe(channels) {
        await Promise.all(channels.map((channel) => cluster.sSubscribe(channel, onMessage)));
      },
      async unsubscribe(channel) {
        await cluster.sUnsubscribe(channel);
      },
      runScript: (script, key, args) => cluster.eval(script, { keys: [key], arguments: [...args] }),
      channelsOfAllConnections: (base) =>
        oneChannelPerShard(
          base,
          Array.from(cluster.slots, (slot) => slot?.master.address),
        ),
      destroy() {
        cluster.destroy();
        // Discovery that is still running when the client is destroyed opens further connections.
        connecting.then(
          () => cluster.destroy(),
          () => {},
        );
      },
    };
  };
}

function reportLoss(emitter: Emitter, eventNames: readonly string[], events: PubSubEvents): void {
  for (const name of eventNames) emitter.on(name, (reason?: unknown) => events.lost(reason ?? name));
}
