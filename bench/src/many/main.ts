import { loadavg } from 'node:os';
import pg from 'pg';
import { readOptions } from '../../../test/support/read-options.ts';
import { buildPeers, parseWholeNumbers } from '../command-line.ts';
import { Cluster } from '../load/cluster.ts';
import { describeMachine } from '../report/machine.ts';
import { manySection } from '../report/many.ts';
import { rewriteReport, writeManyPlots } from '../report/write-report.ts';
import { measureHandMadeOpening } from './hand-made-opening.ts';
import { makeOrganizations } from './make-organizations.ts';
import type { CpuShares, IdleStep, ManyResults } from './many-results.ts';
import { reopeningGoal, saveManyResults } from './many-results.ts';
import { follow, measureIdle, measureUse } from './measure-idle.ts';
import { measureRest } from './measure-rest.ts';
import { measureSaturation } from './measure-saturation.ts';
import { measureOpening, type OpeningTimes, openingsAt, reopenAfterKill } from './open-many.ts';

/** The numbers of organizations that are followed while nothing happens. */
const idleSteps = [0, 100, 2_000, 4_000, 10_000];
const membersEach = 11;
/**
 * Memory is read this long after a burst. An instance gives back the memory of organizations
 * without subscribers within a minute.
 */
const times: OpeningTimes = { openingMax: 1_000, openMs: 15_000, leftMs: 60_000 };
/** A third of the lease of a browser. */
const browserPingMs = 5_000;
const defaults = { organizations: 10_000, opened: 2_000, seconds: 20, subscribers: 1_000, rounds: 5 };
const durationMsMax = 20 * 60_000;

const usage = `Usage: npm run bench:many -- [options]

Measures two instances with many small organizations of ${membersEach} members: the CPU time of idle instances
and of PostgreSQL while services are subscribed and nothing changes, the cost of a ping, how
fast connections with one subscription each are opened, ${times.openingMax} at once, how fast ${reopeningGoal.organizations} are opened
again after their instance was killed, and the memory of a watched organization. Then measures a
write over REST, and deliveries at saturation. The hand-made app does the same where it can. Takes
about twelve minutes, and ends after ${durationMsMax / 60_000} at the latest.

  --organizations N  the largest number that idle instances follow (default ${defaults.organizations})
  --opened N         organizations with a connection to each instance (default ${defaults.opened})
  --seconds N        seconds of each idle measurement (default ${defaults.seconds})
  --subscribers N    subscribers of one organization at saturation (default ${defaults.subscribers})
  --rounds N         rounds of the write and of saturation (default ${defaults.rounds})
  --help             print this text

Prints the figures. A run without options also saves them in bench/results/ with the plots, and
writes them to docs/benchmarks.md. Starts a PostgreSQL, a Redis and servers of its own on loopback.
Run it on a machine that does nothing else.`;

const parseOptions = (args: readonly string[]) =>
  parseWholeNumbers(args, {
    organizations: { byDefault: defaults.organizations, min: 100, max: 20_000 },
    opened: { byDefault: defaults.opened, min: 10, max: 10_000 },
    seconds: { byDefault: defaults.seconds, min: 1, max: 120 },
    subscribers: { byDefault: defaults.subscribers, min: 2, max: 10_000 },
    rounds: { byDefault: defaults.rounds, min: 1, max: 20 },
  });

const options = readOptions(parseOptions, usage);
const { organizations, opened, seconds, subscribers, rounds } = options;
setTimeout(() => {
  console.error('The run did not finish.');
  process.exit(1);
}, durationMsMax).unref();
const loadBefore = Math.round(loadavg()[0]! * 100) / 100;
buildPeers();

const many = await measureMany();
console.error('opening the hand-made app');
const handMade = printed(await measureHandMadeOpening(opened, membersEach, times));
console.error('a write over REST');
const writes = printed(await measureRest(rounds));
console.error(`saturation with ${subscribers} subscribers`);
const saturation = printed(await measureSaturation(subscribers, rounds));
const results: ManyResults = {
  measuredAt: new Date().toISOString(),
  loadBefore,
  machine: describeMachine(),
  membersEach,
  opened,
  openingMax: times.openingMax,
  subscribers,
  openSeconds: times.openMs / 1_000,
  leftSeconds: times.leftMs / 1_000,
  idle: many.idle,
  opening: [many.opening, handMade],
  reopened: many.reopened,
  reopenedMs: many.reopenedMs,
  pinging: { ...many.pinging, connections: 2 * opened, everySeconds: browserPingMs / 1_000 },
  writes,
  saturation,
};
console.log(manySection(results, '.'));
if (Object.entries(defaults).every(([name, value]) => options[name as keyof typeof defaults] === value)) {
  await saveManyResults(results);
  await writeManyPlots(results);
  console.log(await rewriteReport());
}
process.exit(0);

async function measureMany() {
  console.error(`creating ${Math.max(organizations, opened)} organizations`);
  await using cluster = await Cluster.start(2);
  const api = cluster.operator(cluster.slots[0]!);
  const { ids, token } = await makeOrganizations(api, cluster.databaseUrl, Math.max(organizations, opened), membersEach);
  const serviceToken = (await api.operate('POST', '/service-tokens/', { name: 'bench' })).body.token as string;
  const client = new pg.Client({ connectionString: cluster.databaseUrl });
  await client.connect();

  const idle: IdleStep[] = [];
  for (const count of idleSteps.filter((step) => step <= organizations)) {
    await restart(cluster);
    console.error(`following ${count} organizations`);
    const sockets = await follow(cluster, serviceToken, ids.slice(0, count));
    idle.push(printed({ organizations: count, ...(await measureIdle(cluster, client, sockets, seconds)) }));
    for (const socket of sockets) socket.disconnect();
  }

  await restart(cluster);
  console.error(`opening ${opened} organizations on each instance`);
  const openings = cluster.urls.flatMap((url) => openingsAt(url, token, ids.slice(0, opened)));
  const instances = cluster.running.map(({ instance }) => instance!);
  let pinging: CpuShares = { instances: 0, postgres: 0 };
  const measured = await measureOpening('Rollcall', instances, openings, opened, times, async (calls) => {
    const without = await measureUse(cluster, client, seconds);
    await calls.call('startPings', browserPingMs);
    const withPings = await measureUse(cluster, client, seconds);
    await calls.call('stopPings');
    pinging = { instances: withPings.instances - without.instances, postgres: withPings.postgres - without.postgres };
  });
  const opening = printed(measured);
  const reopened = Math.min(reopeningGoal.organizations, ids.length);
  console.error(`opening ${reopened} organizations again after the kill of their instance`);
  const { reopenedMs } = printed({ reopenedMs: await reopenAfterKill(cluster, token, ids.slice(0, reopened), times.openingMax) });
  await client.end();
  return { idle, opening, pinging, reopened, reopenedMs };
}

/** Prints figures as soon as they are measured, because a run takes minutes. */
function printed<Figures extends object>(figures: Figures): Figures {
  console.error(`  ${JSON.stringify(figures)}`);
  return figures;
}

/** Instances that have not followed anything yet. */
async function restart(cluster: Cluster): Promise<void> {
  for (const slot of cluster.slots) {
    await cluster.stopAt(slot, 'SIGTERM');
    await cluster.startAt(slot);
  }
  await cluster.waitForBus();
}
