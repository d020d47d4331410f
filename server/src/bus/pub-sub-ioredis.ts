import { oneChannelPerShard } from './hash-slot.ts';
import { type CreatePubSubClient, connectMsMax, type PubSubEvents } from './pub-sub-client.ts';

/**
 * The bus over ioredis, for callers that pass an ioredis client. The library is the caller's: this
 * file imports nothing of it.
 */

interface Emitter {
  // biome-ignore lint/suspicious/noExplicitAny: each event has its own arguments.
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** A client in the form that `new Redis()` of `ioredis` makes. */
export interface IoredisClient extends Emitter {
  readonly isCluster: boolean;
  duplicate(overrides: object): IoredisClient;
  connect(): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  disconnect(): void;
}

/** A client in the form that `new Cluster()` of `ioredis` makes. */
export interface IoredisCluster extends Emitter {
  readonly isCluster: boolean;
  duplicate(startupNodes: [], overrides: object): IoredisCluster;
  connect(): Promise<unknown>;
  spublish(channel: string, message: string): Promise<unknown>;
  ssubscribe(channel: string): Promise<unknown>;
  sunsubscribe(channel: string): Promise<unknown>;
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  disconnect(): void;
}

/** Without an empty `keyPrefix`, the prefix would also apply to the channels of a Cluster. */
const oneConnection = { lazyConnect: true, enableOfflineQueue: false, keyPrefix: '', connectTimeout: connectMsMax } as const;

/** Opens its own connections, with the options of the given client. */
export function ioredisPubSub(given: IoredisClient): CreatePubSubClient {
  return (events) => {
    const duplicate = () => given.duplicate({ ...oneConnection, retryStrategy: null });
    // Two connections, because in the older protocol a connection that subscribes takes no other
    // commands.
    const publisher = duplicate();
    const subscriber = duplicate();
    for (const client of [publisher, subscriber]) reportLoss(client, ['error', 'end'], events);
    subscriber.on('message', (channel: string, message: string) => events.message(channel, message));
    return {
      async connect() {
        await Promise.all([publisher.connect(), subscriber.connect()]);
      },
      async publish(channel, message) {
        await publisher.publish(channel, message);
      },
      async subscribe(channels) {
        await subscriber.subscribe(...channels);
      },
      async unsubscribe(channel) {
        await subscriber.unsubscribe(channel);
      },
      runScript: (script, key, args) => publisher.eval(script, 1, key, ...args),
      channelsOfAllConnections: (base) => [base],
      destroy() {
        publisher.disconnect();
        subscriber.disconnect();
      },
    };
  };
}

/** Opens its own connections, with the options of the given client. */
export function ioredisClusterPubSub(given: IoredisCluster): CreatePubSubClient {
  return (events) => {
    const cluster = given.duplicate([], {
      ...oneConnection,
      clusterRetryStrategy: null,
      shardedSubscribers: true,
      redisOptions: { keyPrefix: '', connectTimeout: connectMsMax },
    });
    reportLoss(cluster, ['error', 'end'], events);
    cluster.on('smessage', (channel: string, message: string) => events.message(channel, message));
    return {
      async connect() {
        await cluster.connect();
        // Registered only now: while it connects, the library closes connections that it finds to
        // be duplicates.
        reportLoss(cluster, ['-node'], events);
      },
      async publish(channel, message) {
        await cluster.spublish(channel, message);
      },
      // One command takes only channels of the same slot.
      async subscribe(channels) {
        await Promise.all(channels.map((channel) => cluster.ssubscribe(channel)));
      },
      async unsubscribe(channel) {
        await cluster.sunsubscribe(channel);
      },
      runScript: (script, key, args) => cluster.eval(script, 1, key, ...args),
      channelsOfAllConnections: (base) => oneChannelPerShard(base, ownersOfSlots(cluster)),
      destroy: () => cluster.disconnect(),
    };
  };
}

/**
 * The master of each slot. The library lists the nodes of a slot with the master first. Its types
 * omit `slots`, but nothing else has this information.
 */
function ownersOfSlots(cluster: IoredisCluster): (string | undefined)[] {
  const { slots } = cluster as unknown as { readonly slots: readonly (readonly string[] | undefined)[] };
  return Array.from(slots, (nodes) => nodes?.[0]);
}

function reportLoss(emitter: Emitter, eventNames: readonly string[], events: PubSubEvents): void {
  for (const name of eventNames) emitter.on(name, (reason?: unknown) => events.lost(reason instanceof Error ? reason : name));
}
