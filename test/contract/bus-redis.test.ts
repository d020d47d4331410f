import { Cluster, Redis as Ioredis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import type { CreatePubSubClient } from '../../server/src/bus/pub-sub-client.ts';
import { pubSubOf } from '../../server/src/bus/redis-clients.ts';
import { startRedis, startRedisCluster } from '../support/redis.ts';
import { describeRedisBus, type RedisUnderTest } from './bus-redis.suite.ts';

/** A separate Redis even if REDIS_URL is set, because it will be killed. */
async function single(createFor: (url: string) => CreatePubSubClient): Promise<RedisUnderTest> {
  const redis = await startRedis({ own: true });
  return { nodes: [redis], create: createFor(redis.url), publishCommand: 'publish', stop: () => redis.stop() };
}

async function cluster(createFor: (urls: readonly string[]) => CreatePubSubClient): Promise<RedisUnderTest> {
  const { nodes, urls, stop } = await startRedisCluster();
  return { nodes, create: createFor(urls), publishCommand: 'spublish', stop };
}

describeRedisBus('node-redis', () => single((url) => pubSubOf(createClient({ url }))));
describeRedisBus('ioredis', () => single((url) => pubSubOf(new Ioredis(url, { lazyConnect: true }))));
describeRedisBus('a Cluster by node-redis', () => cluster((urls) => pubSubOf(createCluster({ rootNodes: urls.map((url) => ({ url })) }))));
describeRedisBus('a Cluster by ioredis', () => cluster((urls) => pubSubOf(new Cluster([...urls], { lazyConnect: true }))));
