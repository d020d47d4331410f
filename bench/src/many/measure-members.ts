import type { Cluster, InstanceSlot } from '../load/cluster.ts';
import { readShrunkRss } from '../measure/load.ts';
import { makeOrganizations } from './make-organizations.ts';
import { startOpener } from './open-many.ts';
import { rollcallPair } from './opened-pair.ts';

const organizations = 400;
const membersMore = 100;

/**
 * Measures the memory of a member in one instance. Organizations with more members are opened after
 * as many with few, so that the difference contains neither connections nor what the instances
 * allocate once.
 */
export async function measureMemberBytes(cluster: Cluster, membersFew: number, openingMax: number): Promise<number> {
  const api = cluster.operator(cluster.slots[0] as InstanceSlot);
  const { calls, kill } = startOpener();
  const read = async (count: number, members: number) => {
    const { ids, token } = await makeOrganizations(api, cluster.databaseUrl, count, members);
    const pair = rollcallPair(cluster, token, ids);
    const before = await readShrunkRss(pair.instances);
    await calls.call('open', { openings: pair.instances.flatMap((instance) => pair.openingsAt(instance, 0, count)), openingMax });
    return ((await readShrunkRss(pair.instances)) - before) / count / pair.instances.length;
  };
  await read(organizations, membersFew);
  const few = await read(organizations, membersFew);
  const many = await read(organizations, membersFew + membersMore);
  await kill('SIGTERM');
  return (many - few) / membersMore;
}
