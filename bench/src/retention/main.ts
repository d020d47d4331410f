import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { eventually } from '../../../test/support/eventually.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../../test/support/provision.ts';
import { readOptions } from '../../../test/support/read-options.ts';
import { apiOf } from '../../../test/support/server.ts';
import { WireReplica } from '../../../test/support/wire-replica.ts';
import { parseWholeNumbers } from '../command-line.ts';
import { Cluster } from '../load/cluster.ts';
import { quantile } from '../results.ts';
import { fillLog, readPruned, spanDays } from './fill-log.ts';

const usage = `Usage: npm run bench:retention -- [options]

Fills the logs of many organizations with ${spanDays} days, and prunes them to 90 days while subscribers
follow and writes go on. Prints the latency of the writes before and during the prune.

  --rows N           rows of the log (default 1000000)
  --organizations N  organizations that share them (default 200)
  --instances N      server processes (default 2)
  --writes N         writes per second (default 20)
  --help             print this text

Starts a PostgreSQL, a Redis and servers of its own on loopback. Run it on a machine that does
nothing else.`;

/** Organizations with subscribers and writes. */
const watchedCount = 10;
const baselineMs = 20_000;
/** A run that takes longer has failed. */
const pruneMsMax = 60 * 60_000;

const parseOptions = (args: readonly string[]) =>
  parseWholeNumbers(args, {
    rows: { byDefault: 1_000_000, min: 10_000, max: 100_000_000 },
    organizations: { byDefault: 200, min: watchedCount, max: 100_000 },
    instances: { byDefault: 2, min: 1, max: 8 },
    writes: { byDefault: 20, min: 1, max: 1_000 },
  });

const { rows, organizations, instances, writes } = readOptions(parseOptions, usage);
await using cluster = await Cluster.start(instances);
const api = apiOf(cluster.urls[0]!, cluster.operatorToken);
const watched: ProvisionedOrg[] = [];
for (let count = 0; count < watchedCount; count++) watched.push(await anOrganizationOf(api, await aPerson(api)));
const openAll = () => Promise.all(cluster.urls.flatMap((url) => watched.map((org) => WireReplica.open(url, org.owner.token, org.slug))));
// Their cursors are below the floor later.
const early = await openAll();
for (const replica of early) replica.close();
const filledAt = performance.now();
await fillLog(
  cluster.databaseUrl,
  rows,
  organizations,
  watched.map(({ id }) => id),
);
console.error(`filled ${rows} rows in ${Math.round((performance.now() - filledAt) / 1_000)} s`);
const following = await openAll();

let isOver = false;
let latencies: number[] = [];
async function writeAtRate(): Promise<void> {
  const inProgress = new Set<Promise<void>>();
  for (let count = 0; !isOver; count++) {
    const org = watched[count % watched.length]!;
    const server = apiOf(cluster.urls[count % cluster.urls.length]!, cluster.operatorToken);
    const startedAt = performance.now();
    const writing = server
      .request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: org.owner.token, body: { slug: `team-${count}` } })
      .then(({ status }) => {
        assert.equal(status, 201);
        latencies.push(performance.now() - startedAt);
        inProgress.delete(writing);
      });
    inProgress.add(writing);
    await sleep(1_000 / writes);
  }
  await Promise.all(inProgress);
}
const takeLatencies = () => {
  const taken = latencies.sort((a, b) => a - b);
  latencies = [];
  return { count: taken.length, p50: quantile(taken, 0.5), p99: quantile(taken, 0.99) };
};

const writing = writeAtRate();
await sleep(5_000);
takeLatencies();
await sleep(baselineMs);
const before = takeLatencies();

const client = new pg.Client({ connectionString: cluster.databaseUrl });
await client.connect();
const { since } = (await client.query('SELECT clock_timestamp()::text AS since')).rows[0];
const startedAt = performance.now();
for (const url of cluster.urls) await apiOf(url, cluster.operatorToken).operate('POST', '/jobs/retention/', {});
const pruned = await eventually(
  async () => {
    const found = await readPruned(client, since);
    assert.ok(found.runs >= organizations, `${found.runs} of ${organizations} organizations were pruned`);
    return found;
  },
  { timeoutMs: pruneMsMax, intervalMs: 200 },
);
const seconds = (performance.now() - startedAt) / 1_000;
const during = takeLatencies();
isOver = true;
await writing;
await client.end();

for (const [index, replica] of following.entries()) {
  const org = watched[index % watched.length]!;
  const fresh = await WireReplica.open(cluster.urls[0]!, org.owner.token, org.slug);
  await replica.reach(fresh.revision);
  assert.deepEqual(replica.records(), fresh.records());
  assert.ok(!replica.frames.some(({ event }) => event === 'resync'), 'a subscriber that follows got a snapshot');
  replica.close();
  fresh.close();
  const old = early[index]!;
  await old.reconnect();
  assert.equal((await old.subscribe(org.id, { cursor: old.cursor })).mode, 'snapshot');
  old.close();
}
const ms = (value: number) => `${value.toFixed(1)} ms`;
console.log(
  `${pruned.rows} of ${rows} rows of ${organizations} organizations were pruned in ${seconds.toFixed(1)} s, on ${instances} instances.`,
);
console.log(`Writes before: p50 ${ms(before.p50)}, p99 ${ms(before.p99)} (${before.count}).`);
console.log(
  `Writes during: p50 ${ms(during.p50)}, p99 ${ms(during.p99)} (${during.count}), ${(during.p99 / before.p99).toFixed(2)} times the p99.`,
);
console.log(`${following.length} subscribers have the records of the database, and ${early.length} old cursors got a snapshot.`);
process.exit(0);
