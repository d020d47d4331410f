import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../../../test/support/provision.ts';
import { readOptions } from '../../../test/support/read-options.ts';
import { apiOf } from '../../../test/support/server.ts';
import { WireReplica } from '../../../test/support/wire-replica.ts';
import { wholeNumber } from '../command-line.ts';
import { Cluster } from '../load/cluster.ts';
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

interface Options {
  readonly rows: number;
  readonly organizations: number;
  readonly instances: number;
  readonly writes: number;
}

/** @throws Error that names the invalid option */
function parseRetentionOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: '1000000' },
      organizations: { type: 'string', default: '200' },
      instances: { type: 'string', default: '2' },
      writes: { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    rows: wholeNumber('--rows', values.rows, 10_000, 100_000_000),
    organizations: wholeNumber('--organizations', values.organizations, watchedCount, 100_000),
    instances: wholeNumber('--instances', values.instances, 1, 8),
    writes: wholeNumber('--writes', values.writes, 1, 1_000),
  };
}

const { rows, organizations, instances, writes } = readOptions(parseRetentionOptions, usage);
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
const quantile = (sorted: readonly number[], share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;

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
let pruned = await readPruned(client, since);
while (pruned.runs < organizations) {
  assert.ok(performance.now() - startedAt < pruneMsMax, `${pruned.runs} of ${organizations} organizations were pruned`);
  await sleep(200);
  pruned = await readPruned(client, since);
}
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
  const connected = new Promise<void>((resolve) => old.socket.once('connect', resolve));
  old.socket.connect();
  await connected;
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
