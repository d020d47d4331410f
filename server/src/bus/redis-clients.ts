import { createClient, createCluster } from 'redis';
import type { CreatePubSubClient } from './pub-sub-client.ts';
import { type IoredisClient, type IoredisCluster, ioredisClusterPubSub, ioredisPubSub } from './pub-sub-ioredis.ts';
import { type NodeRedisClient, type NodeRedisCluster, nodeRedisClusterPubSub, nodeRedisPubSub } from './pub-sub-node-redis.ts';

/**
 * A client that the caller passes, of `redis` or `ioredis`, for one server or a Cluster. Its
 * options are used. The client itself is neither used nor closed, and need not be connected.
 */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoredisClient | IoredisCluster;

/** Distinguishes the clients by properties that only one of them has. */
export function pubSubOf(client: RedisClient): CreatePubSubClient {
  if ('isCluster' in client)
    return client.isCluster ? ioredisClusterPubSub(client as IoredisCluster) : ioredisPubSub(client as IoredisClient);
  return 'slots' in client ? nodeRedisClusterPubSub(client) : nodeRedisPubSub(client as NodeRedisClient);
}

/**
 * Connects, logs in and gets a response, without a further attempt.
 * @throws Error of the connection or the login
 */
export async function verifyRedis(url: string, timeoutMs: number): Promise<void> {
  const client = createClient({
    url,
    socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
    commandOptions: { timeout: timeoutMs },
  });
  // Each failure also rejects the call. Without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.destroy();
  }
}

/**
 * One URL is a server, or a Cluster with ordinary pub/sub. Several URLs are nodes of a Cluster with
 * sharded pub/sub.
 */
export function pubSubOfUrls(urls: readonly string[]): CreatePubSubClient {
  const [url = ''] = urls;
  if (urls.length === 1) return nodeRedisPubSub(createClient({ url }));
  const { username, password, protocol } = new URL(url);
  // The nodes that the first ones report are connected with the same name and password.
  const defaults = {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { socket: { tls: true as const } }),
  };
  return nodeRedisClusterPubSub(createCluster({ rootNodes: urls.map((node) => ({ url: node })), defaults }));
}
