import type { Bus } from '../bus/bus.ts';
import { openMemoryBus } from '../bus/bus-memory.ts';
import { openRedisBus } from '../bus/bus-redis.ts';
import { pubSubOf, pubSubOfUrls } from '../bus/redis-clients.ts';
import type { RedisScripts } from '../bus/redis-scripts.ts';
import type { Config } from '../config.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import type { KeyRing } from '../runtime/secrets/key-ring.ts';
import type { RollcallOptions } from './rollcall-options.ts';

export interface OpenedBus {
  readonly bus: Bus;
  /** For counts that the instances share. Null without Redis. */
  readonly scripts: RedisScripts | null;
}

/** Opens the bus over the caller's Redis client or REDIS_URL. Without Redis, in memory. */
export function openBus(
  { redisUrls }: Config,
  { redis, wrapBus = (bus) => bus }: RollcallOptions,
  keys: KeyRing,
  counters: Counters,
  log: Log,
): OpenedBus {
  if (!redis && redisUrls.length === 0) return { bus: wrapBus(openMemoryBus()), scripts: null };
  const bus = openRedisBus(redis ? pubSubOf(redis) : pubSubOfUrls(redisUrls), { keys, counters, log });
  return { bus: wrapBus(bus), scripts: bus.scripts };
}
