import { startPostgres } from '../../../test/support/postgres.ts';
import { startRedis } from '../../../test/support/redis.ts';
import { handMade } from '../contestants/peers.ts';
import { provisionDatabase } from '../contestants/provision.ts';
import { rollcall } from '../contestants/rollcall.ts';
import { type Measured, measureConnecting, measureLoad, type Running } from '../measure/load.ts';
import { parseOptions, teams } from '../options.ts';
import { Publisher } from '../publisher.ts';
import { median } from '../results.ts';
import { Subscribers } from '../subscribers/subscribers.ts';
import type { SaturationResult } from './many-results.ts';

/** The saturation of `npm run bench`, for Rollcall and the hand-made app in interleaved rounds. */
export async function measureSaturation(subscribers: number, rounds: number): Promise<SaturationResult[]> {
  const options = parseOptions(['--subscribers', String(subscribers)]);
  if (options === 'help') throw new Error('these options ask for no help');
  const [postgres, redis] = await Promise.all([startPostgres({ own: true }), startRedis({ own: true })]);
  const services = { postgres, redisUrl: redis.url, provisioned: await provisionDatabase(postgres) };
  const running: Running[] = [];
  for (const contestant of [rollcall, handMade]) {
    const pair = await contestant.start(services);
    const connected = new Subscribers();
    const rssPerConnectionBytes = await measureConnecting(pair, connected, options.subscribers, teams);
    running.push({ contestant, pair, subscribers: connected, publisher: new Publisher(pair, teams), rssPerConnectionBytes });
  }
  const measured = new Map<Running, Measured[]>(running.map((one) => [one, []]));
  for (let round = 0; round < rounds; round++) {
    // The order alternates, so that each contestant is first in half of the rounds.
    for (const one of round % 2 === 0 ? running : [...running].reverse())
      measured.get(one)!.push(await measureLoad(one, 'saturated', options));
  }
  for (const { pair, subscribers: connected } of running) {
    await connected.close();
    await Promise.all(pair.instances.map((instance) => instance.kill('SIGKILL')));
  }
  await Promise.all([postgres.stop(), redis.stop()]);
  return [...measured].map(
    ([
      {
        contestant: { title },
      },
      all,
    ]) => ({
      title,
      deliveriesPerSecond: median(all.map(({ deliveriesPerSecond }) => deliveriesPerSecond)),
      p99Ms: median(all.map(({ p99Ms }) => p99Ms)),
    }),
  );
}
