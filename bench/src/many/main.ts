import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { readOptions } from '../../../test/support/read-options.ts';
import { parseWholeNumbers } from '../command-line.ts';
import { Cluster } from '../load/cluster.ts';
import { readUsageOf } from '../measure/process-usage.ts';
import { describeMachine } from '../report/machine.ts';
import { table } from '../report/table.ts';
import { makeOrganizations } from './make-organizations.ts';
import { follow, type IdleUse, measureIdle } from './measure-idle.ts';
import { openMany, reopenAfterKill } from './open-many.ts';

/** The numbers of organizations that are followed while nothing happens. */
const idleSteps = [0, 100, 2_000, 10_000];
const openingMax = 1_000;
const membersEach = 11;
/** An instance gives back the memory of organizations without subscribers within this time. */
const givenBackMs = 60_000;
const durationMsMax = 15 * 60_000;

const usage = `Usage: npm run bench:many -- [options]

Measures two instances with many small organizations of ${membersEach} members: the CPU time of idle instances
and of PostgreSQL while services are subscribed and nothing changes, how fast connections with
one subscription each are opened, ${openingMax} at once, how fast they are opened again after their
instance was killed, and the memory of a watched organization. Prints two tables, and ends after
${durationMsMax / 60_000} minutes at the latest.

  --organizations N  the largest number that idle instances watch (default 10000)
  --opened N         organizations with a connection to each instance (default 2000)
  --seconds N        seconds of each idle measurement (default 20)
  --help             print this text

Starts a PostgreSQL, a Redis and servers of its own on loopback. Run it on a machine that does
nothing else.`;

const parseOptions = (args: readonly string[]) =>
  parseWholeNumbers(args, {
    organizations: { byDefault: 10_000, min: 100, max: 20_000 },
    opened: { byDefault: 2_000, min: 10, max: 10_000 },
    seconds: { byDefault: 20, min: 1, max: 120 },
  });

const { organizations, opened, seconds } = readOptions(parseOptions, usage);
setTimeout(() => {
  console.error('The run did not finish.');
  process.exit(1);
}, durationMsMax).unref();
const loadBefore = loadavg()[0]!;

console.error(`creating ${Math.max(organizations, opened)} organizations`);
await using cluster = await Cluster.start(2);
const api = cluster.operator(cluster.slots[0]!);
const { ids, token } = await makeOrganizations(api, cluster.databaseUrl, Math.max(organizations, opened), membersEach);
const serviceToken = (await api.operate('POST', '/service-tokens/', { name: 'bench' })).body.token as string;
const client = new pg.Client({ connectionString: cluster.databaseUrl });
await client.connect();

const idle: { readonly count: number; readonly use: IdleUse }[] = [];
for (const count of idleSteps.filter((step) => step <= organizations)) {
  await restart();
  console.error(`subscribing to ${count} organizations`);
  const sockets = await follow(cluster, serviceToken, ids.slice(0, count));
  idle.push({ count, use: await measureIdle(cluster, client, seconds) });
  for (const socket of sockets) socket.disconnect();
}

await restart();
const rss = async () => (await readUsageOf(cluster.running.map(({ instance }) => instance!.pid))).rssBytes;
const rssBefore = await rss();
console.error(`opening ${opened} organizations on each instance`);
const { replicas, perSecond, p99Ms } = await openMany(cluster.urls, token, ids.slice(0, opened), openingMax);
const rssAfterBurst = await rss();
await sleep(givenBackMs / 4);
const rssOpen = await rss();
for (const replica of replicas) replica.close();
await sleep(givenBackMs);
const rssLeft = await rss();
const reopenedMs = await reopenAfterKill(cluster, token, ids.slice(0, opened), openingMax);
await client.end();

const { cpu, cores } = describeMachine();
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const kilobytes = (bytes: number) => `${Math.round(bytes / 1_000 / opened)} kB`;
console.log(`${cores} × ${cpu}, load average before the run ${loadBefore.toFixed(1)}\n`);
console.log(
  table(
    ['organizations', 'CPU of two idle instances', 'CPU of PostgreSQL', 'transactions per second', 'memory of both'],
    idle.map(({ count, use }) => [
      String(count),
      percent(use.instances),
      percent(use.postgres),
      use.statementsPerSecond.toFixed(0),
      `${Math.round(use.rssBytes / 1_000_000)} MB`,
    ]),
  ),
);
console.log(
  table(
    [`${opened} organizations, a connection to each of two instances`, ''],
    [
      ['subscriptions per second', perSecond.toFixed(0)],
      ['time of one, p99', `${p99Ms.toFixed(0)} ms`],
      ['until all are current after an instance died', `${(reopenedMs / 1_000).toFixed(1)} s`],
      ['memory per organization after the burst', kilobytes(rssAfterBurst - rssBefore)],
      [`${givenBackMs / 4_000} s later`, kilobytes(rssOpen - rssBefore)],
      [`${givenBackMs / 1_000} s after all have left`, kilobytes(rssLeft - rssBefore)],
    ],
  ),
);
process.exit(0);

/** Instances that have not followed anything yet. */
async function restart(): Promise<void> {
  for (const slot of cluster.slots) {
    await cluster.stopAt(slot, 'SIGTERM');
    await cluster.startAt(slot);
  }
  await cluster.waitForBus();
}
