import { createClient } from 'redis';

/** A publisher and a subscriber with node-redis as it comes: it connects again by itself. */
export async function connectRedisPair() {
  const publisher = createClient({ url: process.env.REDIS_URL! });
  const subscriber = publisher.duplicate();
  for (const client of [publisher, subscriber]) client.on('error', () => {});
  // The adapter does not wait for its publishing: without this, a Redis that restarts would end the process.
  process.on('unhandledRejection', () => {});
  await Promise.all([publisher.connect(), subscriber.connect()]);
  return { publisher, subscriber };
}
