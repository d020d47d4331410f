import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../../test/support/provision.ts';
import { readOptions } from '../../../test/support/read-options.ts';
import { readReceipt } from '../../../test/support/receipts.ts';
import { apiOf } from '../../../test/support/server.ts';
import { WireReplica } from '../../../test/support/wire-replica.ts';
import { parseWholeNumbers } from '../command-line.ts';
import { Cluster } from '../load/cluster.ts';
import { quantile } from '../results.ts';

const usage = `Usage: npm run bench:receipts -- [options]

Removes members who are subscribed to every instance, one after another. Prints how long it takes
until all instances have confirmed the removal (Prefer: wait).

  --instances N  server processes (default 2)
  --removals N   removals (default 300)
  --help         print this text

Starts a PostgreSQL, a Redis and servers of its own on loopback. Run it on a machine that does
nothing else.`;

const parseOptions = (args: readonly string[]) =>
  parseWholeNumbers(args, {
    instances: { byDefault: 2, min: 1, max: 8 },
    removals: { byDefault: 300, min: 1, max: 10_000 },
  });

/** Returns the milliseconds of a complete receipt. */
async function removeOnce(cluster: Cluster, org: ProvisionedOrg, member: Person, round: number): Promise<number> {
  const api = apiOf(cluster.urls[round % cluster.urls.length]!, cluster.operatorToken);
  await addMember(api, org, member, 'member');
  const replicas = await Promise.all(cluster.urls.map((url) => WireReplica.open(url, member.token, org.slug)));
  const removed = await api.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, {
    token: org.owner.token,
    headers: { Prefer: 'wait=10' },
  });
  const receipt = readReceipt(removed);
  for (const replica of replicas) replica.close();
  if (receipt?.outcome !== 'complete' || receipt.ended !== replicas.length)
    throw new Error(`${removed.status}: the receipt is ${removed.headers.get('rollcall-applied')}`);
  return receipt.ms;
}

const { instances, removals } = readOptions(parseOptions, usage);
await using cluster = await Cluster.start(instances);
const api = apiOf(cluster.urls[0]!, cluster.operatorToken);
const org = await anOrganizationOf(api, await aPerson(api));
const member = await aPerson(api);
const timings: number[] = [];
for (let round = 0; round < removals; round++) timings.push(await removeOnce(cluster, org, member, round));
timings.sort((a, b) => a - b);
const at = (share: number) => quantile(timings, share);
console.log(`${removals} complete receipts of ${instances} instances: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`);
