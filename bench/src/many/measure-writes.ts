import { cpus } from 'node:os';
import type pg from 'pg';
import { apiOf } from '../../../test/support/server.ts';
import type { Cluster } from '../load/cluster.ts';
import { Publisher } from '../publisher.ts';
import type { ManyWrites } from './many-results.ts';
import { measureUse } from './measure-idle.ts';
import { startOpener } from './open-many.ts';
import type { OpenedPair } from './opened-pair.ts';

/** Writers that await each response. More would only wait for a connection to PostgreSQL. */
const writers = 64;
const organizationsMax = 200;
const warmUpMs = 8_000;

/**
 * Measures commits to many organizations, in each of which a team is renamed in turn. Each instance
 * has a subscriber of each organization, so the CPU time includes the delivery to two subscribers.
 * @param client connected to the database of the cluster
 * @param owner the token of the owner of all organizations
 */
export async function measureManyWrites(
  cluster: Cluster,
  client: pg.Client,
  pair: OpenedPair,
  { orgIds, owner, seconds }: { readonly orgIds: readonly string[]; readonly owner: string; readonly seconds: number },
): Promise<ManyWrites> {
  const written = orgIds.slice(0, organizationsMax);
  const api = apiOf(cluster.urls[0]!, cluster.operatorToken);
  for (const orgId of written) {
    const { status } = await api.request('POST', `/api/0/organizations/${orgId}/teams/`, { token: owner, body: { slug: 'team' } });
    if (status !== 201) throw new Error(`creating a team returned ${status}`);
  }
  const { calls, kill } = startOpener();
  const openings = pair.instances.flatMap((instance) => pair.openingsAt(instance, 0, written.length));
  await calls.call('open', { openings, openingMax: written.length });
  const publisher = new Publisher(
    {
      instances: [pair.instances[0]!, pair.instances[1]!],
      writeRequest: (index) => ({ path: `/api/0/teams/${written[index]}/team/`, headers: { authorization: `Bearer ${owner}` } }),
    },
    written.length,
  );
  await publisher.writeFlatOut(writers, warmUpMs);
  const writing = publisher.writeFlatOut(writers, seconds * 1_000);
  const [busyBefore, beganAt] = [busyMs(), performance.now()];
  const use = await measureUse(cluster, client, seconds);
  const commits = await writing;
  const elapsedMs = performance.now() - beganAt;
  const busyCores = (busyMs() - busyBefore) / elapsedMs;
  publisher.close();
  await kill('SIGTERM');
  return {
    organizations: written.length,
    writers,
    instances: use.instances,
    postgres: use.postgres,
    commitsPerSecond: (commits * 1_000) / elapsedMs,
    busyCores,
  };
}

/** The CPU time that all programs of the machine have used. */
function busyMs(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
}
