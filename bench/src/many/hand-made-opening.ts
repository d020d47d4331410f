import { startPostgres, withClient } from '../../../test/support/postgres.ts';
import { startRedis } from '../../../test/support/redis.ts';
import { createHandMadeDatabase, handMadeGreeting, startPeer } from '../contestants/peers.ts';
import type { OpeningResult } from './many-results.ts';
import { measureOpening, type OpeningTimes } from './open-many.ts';

/**
 * Opens as many connections to two instances of the hand-made app. It has one room, so each
 * connection gets the rows of the same organization, as many as an organization has members.
 */
export async function measureHandMadeOpening(organizations: number, rows: number, times: OpeningTimes): Promise<OpeningResult> {
  const [postgres, redis] = await Promise.all([startPostgres({ own: true }), startRedis({ own: true })]);
  const { url } = await createHandMadeDatabase(postgres);
  await withClient(url, (client) => client.query('DELETE FROM teams WHERE id >= $1', [rows]));
  const environment = { DATABASE_URL: url, REDIS_URL: redis.url };
  const instances = await Promise.all([startPeer('hand-made-app', environment), startPeer('hand-made-app', environment)]);
  const openings = instances.flatMap((instance) =>
    Array.from({ length: organizations }, () => ({ url: instance.url, greeting: handMadeGreeting })),
  );
  const result = await measureOpening('hand-made app', instances, openings, organizations, times);
  await Promise.all(instances.map((instance) => instance.kill('SIGKILL')));
  await Promise.all([postgres.stop(), redis.stop()]);
  return result;
}
