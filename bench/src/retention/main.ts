import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../../test/support/provision.ts';
import { readOptions } from '../../../test/support/read-options.ts';
import { apiOf } from '../../../test/support/server.ts';
import { WireReplica } from '../../../test/support/wire-replica.ts';
import { parseWholeNumbers } from '../command-line.ts';
import { Cluster } from '../load/cluster.ts';
import { quantile } from '../results.ts';
import { countLeftovers, fillOthers, fillWatched, readPruned, spanDays } from './fill-log.ts';

const usage = `Usage: npm run bench:retention -- [options]

Fills the logs of many organizations with ${spanDays} days, and prunes them to 90 days while subscribers
follow and writes go on. Checks the remaining rows, the replicas and the cursors of clients that
reconnect. Prints the latency of the writes before and during the prune. Fails if the p99 more than
doubles.

  --rows N           rows of the log (default 1000000)
  --organizations N  organizations that share them (default 200), at most one per 4000 rows
  --instances N      server processes (default 2)
  --writes N         writes per second (default 20)
  --help             print this text

Starts a PostgreSQL, a Redis and servers of its own on loopback. Needs 0.7 GB in the directory for
temporary files per million rows. Run it on a machine that does nothing else.`;

/** Organizations with subscribers and writes. */
const watchedCount = 10;
const historyDays = 90;
/** The duration of the first measurement, with enough writes for a p99: 1,200 by default. */
const baselineMs = 60_000;
const progressMs = 10_000;
/** A run that takes longer has failed. */
const pruneMsMax = 2 * 60 * 60_000;
/** The newest 1,000 revisions stay, and a prune of fewer than 100 is not worth a revision. */
const revisionsMin = 4_000;

const parseOptions = (args: readonly string[]) =>
  parseWholeNumbers(args, {
    rows: { byDefault: 1_000_000, min: 10 * revisionsMin, max: 100_000_000 },
    organizations: { byDefault: 200, min: watchedCount + 1, max: 25_000 },
    instances: { byDefault: 2, min: 1, max: 8 },
    writes: { byDefault: 20, min: 1, max: 1_000 },
  });

const { rows, organizations, instances, writes } = readOptions(parseOptions, usage);
const revisions = Math.floor(rows / organizations);
assert.ok(revisions >= revisionsMin, `--rows must be at least ${organizations * revisionsMin} for ${organizations} organizations.`);
await using cluster = await Cluster.start(instances);
const api = apiOf(cluster.urls[0]!, cluster.operatorToken);
const watched: ProvisionedOrg[] = [];
for (let count = 0; count < watchedCount; count++) watched.push(await anOrganizationOf(api, await aPerson(api)));
const watchedIds = watched.map(({ id }) => id);
const teamOf = (org: ProvisionedOrg) => `/api/0/teams/${org.slug}/written/`;
for (const { slug, owner } of watched) {
  const { status } = await api.request('POST', `/api/0/organizations/${slug}/teams/`, { token: owner.token, body: { slug: 'written' } });
  assert.equal(status, 201);
}
const openAll = () => Promise.all(cluster.urls.flatMap((url) => watched.map((org) => WireReplica.open(url, org.owner.token, org.slug))));
const openAndClose = async () => {
  const replicas = await openAll();
  for (const replica of replicas) replica.close();
  return replicas;
};

const filledAt = performance.now();
const database = openPostgres(cluster.databaseUrl, createLog('silent'));
// Clients whose cursors are before the later floor, and after it.
const early = await openAndClose();
await fillWatched(database.db, watchedIds, revisions, [spanDays, 60]);
const late = await openAndClose();
await fillWatched(database.db, watchedIds, revisions, [60, 0]);
await database.close();
await fillOthers(cluster.databaseUrl, organizations - watchedCount, revisions, watchedIds[0]!);
console.error(`filled ${rows} rows in ${Math.round((performance.now() - filledAt) / 1_000)} s`);
const following = await openAll();

let isOver = false;
let latencies: number[] = [];
/** Writes that waited too long for earlier ones. */
let refused = 0;
async function writeAtRate(): Promise<void> {
  const inProgress = new Set<Promise<void>>();
  for (let count = 0; !isOver; count++) {
    const org = watched[count % watched.length]!;
    const server = apiOf(cluster.urls[count % cluster.urls.length]!, cluster.operatorToken);
    const startedAt = performance.now();
    const writing = server.request('PUT', teamOf(org), { token: org.owner.token, body: { name: `Team ${count}` } }).then(({ status }) => {
      assert.ok(status === 200 || status === 503, String(status));
      if (status === 503) refused++;
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
  const measured = { count: taken.length, refused, p50: quantile(taken, 0.5), p99: quantile(taken, 0.99) };
  latencies = [];
  refused = 0;
  return measured;
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
let printedAt = startedAt;
const pruned = await eventually(
  async () => {
    const found = await readPruned(client, since);
    if (performance.now() - printedAt > progressMs) {
      printedAt = performance.now();
      console.error(`pruned ${found.rows} rows of ${found.runs} organizations in ${Math.round((printedAt - startedAt) / 1_000)} s`);
    }
    assert.ok(found.runs >= organizations, `${found.runs} of ${organizations} organizations were pruned`);
    return found;
  },
  { timeoutMs: pruneMsMax, intervalMs: 500 },
);
const seconds = (performance.now() - startedAt) / 1_000;
const during = takeLatencies();
isOver = true;
await writing;
// A day more, because the limit moves while the bench runs.
assert.equal(await countLeftovers(client, historyDays + 1), 0, 'old entries are left');
await client.end();

async function reconnect(replica: WireReplica): Promise<string> {
  await replica.reconnect();
  const { mode } = await replica.subscribe(replica.orgId!, { cursor: replica.cursor });
  await replica.live();
  return mode;
}
const modes: Record<'early' | 'late', string[]> = { early: [], late: [] };
for (const [index, replica] of following.entries()) {
  const org = watched[index % watched.length]!;
  modes.early.push(await reconnect(early[index]!));
  modes.late.push(await reconnect(late[index]!));
  const fresh = await WireReplica.open(cluster.urls[0]!, org.owner.token, org.slug);
  for (const each of [replica, early[index]!, late[index]!]) {
    await each.reach(fresh.revision);
    assert.deepEqual(each.records(), fresh.records());
    each.close();
  }
  assert.ok(!replica.frames.some(({ event }) => event === 'resync'), 'a subscriber that follows got a snapshot');
  fresh.close();
}
assert.deepEqual(new Set(modes.early), new Set(['snapshot']), 'a cursor below the floor was resumed');
const ms = (value: number) => `${value.toFixed(1)} ms`;
const ratio = during.p99 / before.p99;
console.log(
  `${pruned.rows} of ${rows} rows of ${organizations} organizations were pruned in ${seconds.toFixed(1)} s, on ${instances} instances.`,
);
const textOf = ({ count, refused: failed, p50, p99 }: typeof before) =>
  `p50 ${ms(p50)}, p99 ${ms(p99)} (${count} writes, ${failed} of them refused with 503)`;
console.log(`Writes before: ${textOf(before)}.`);
console.log(`Writes during: ${textOf(during)}, ${ratio.toFixed(2)} times the p99.`);
console.log(
  `${following.length} subscribers and ${early.length + late.length} clients that reconnected have the records of the database. ` +
    `All ${early.length} cursors below the floor got a snapshot, and ${modes.late.filter((mode) => mode === 'resume').length} of ${late.length} above it were resumed.`,
);
if (ratio > 2) console.log('The p99 of the writes more than doubled.');
process.exit(ratio > 2 ? 1 : 0);
