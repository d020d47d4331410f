import { createClient } from 'redis';

/** A publisher and a subscriber with node-redis and its default reconnection. */
export async function connectRedisPair() {
  const publisher = createClient({ url: process.env.REDIS_URL! });
  const subscriber = publisher.duplicate();
  for (const client of [publisher, subscriber]) client.on('error', () => {});
  // The adapter doesn't await its publishing. Without this handler, a restart of Redis would end
  // the process.
  process.on('unhandledRejection', () => {});
  await Promise.all([publisher.connect(), subscriber.connect()]);
  return { publisher, subscriber };
}
