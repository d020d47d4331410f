import { loadavg } from 'node:os';
import pg from 'pg';
import { readOptions } from '../../../test/support/read-options.ts';
import { buildPeers, parseWholeNumbers } from '../command-line.ts';
import { restResults } from '../commits/rest-results.ts';
import { Cluster } from '../load/cluster.ts';
import { describeMachine } from '../report/machine.ts';
import { manySection } from '../report/many.ts';
import { evaluateManyGoals } from '../report/many-goals.ts';
import { readBenchResults, rewriteReport, writeManyPlots } from '../report/write-report.ts';
import { makeOrganizations } from './make-organizations.ts';
import { type CpuShares, type IdleStep, type ManyResults, manyResults, reopeningGoal } from './many-results.ts';
import { Followers, measureIdle, measureUse, warmUp } from './measure-idle.ts';
import { measureMemberBytes } from './measure-members.ts';
import { measureManyWrites } from './measure-writes.ts';
import { measureOpenings, type OpenerCalls, type OpeningPlan } from './open-many.ts';
import { type OpenedPair, rollcallPair, startHandMadePair } from './opened-pair.ts';

/** The numbers of organizations that are followed while nothing happens. */
const idleSteps = [0, 100, 2_000, 4_000, 10_000];
const membersEach = 11;
/** A third of the lease of a browser. */
const browserPingMs = 5_000;
const defaults = { organizations: 10_000, opened: 2_000, seconds: 15, rounds: 3 };
const durationMsMax = 20 * 60_000;

const usage = `Usage: npm run bench:many -- [options]

Measures two instances with many small organizations of ${membersEach} members: the CPU time of idle instances
and of PostgreSQL while services are subscribed and nothing changes, the cost of a ping, how
fast connections with one subscription each are opened, how fast ${reopeningGoal.organizations} are opened again
after their instance was killed, the memory of a watched organization, and how many writes to many
organizations one PostgreSQL commits. The hand-made app opens as many connections in interleaved
rounds. Takes about fourteen minutes, and ends after ${durationMsMax / 60_000} at the latest.

  --organizations N  the largest number that idle instances follow (default ${defaults.organizations})
  --opened N         organizations with a connection to each instance (default ${defaults.opened})
  --seconds N        seconds of each measurement of CPU time (default ${defaults.seconds})
  --rounds N         rounds of the openings (default ${defaults.rounds})
  --help             print this text

Prints the figures, and the goals with those that \`npm run bench\` and \`npm run bench:commits\` have
saved. A run without options also saves its figures in bench/results/ with the plots, and writes
them to docs/benchmarks.md. Starts a PostgreSQL, a Redis and servers of its own on loopback. Run it
on a machine that does nothing else.`;

const parseOptions = (args: readonly string[]) =>
  parseWholeNumbers(args, {
    organizations: { byDefault: defaults.organizations, min: 100, max: 20_000 },
    opened: { byDefault: defaults.opened, min: 10, max: 10_000 },
    seconds: { byDefault: defaults.seconds, min: 1, max: 120 },
    rounds: { byDefault: defaults.rounds, min: 1, max: 20 },
  });

const options = readOptions(parseOptions, usage);
const { organizations, opened, seconds, rounds } = options;
// Read first, so that a run without them ends at once.
const saved = { rest: await restResults.read(), bench: await readBenchResults() };
setTimeout(() => {
  console.error('The run did not finish.');
  process.exit(1);
}, durationMsMax).unref();
const loadBefore = Math.round(loadavg()[0]! * 100) / 100;
buildPeers();

const plan: OpeningPlan = {
  rounds,
  opened,
  reopened: Math.min(reopeningGoal.organizations, organizations),
  openingMax: 1_000,
  // Memory is read this long after a burst. An instance gives back the memory of organizations
  // without subscribers within a minute.
  openMs: 15_000,
  leftMs: 60_000,
};
const results: ManyResults = {
  measuredAt: new Date().toISOString(),
  loadBefore,
  machine: describeMachine(),
  membersEach,
  opened,
  openingMax: plan.openingMax,
  openSeconds: plan.openMs / 1_000,
  leftSeconds: plan.leftMs / 1_000,
  reopened: plan.reopened,
  ...(await measureMany()),
};
console.log(manySection(results, saved, '.'));
if (Object.entries(defaults).every(([name, value]) => options[name as keyof typeof defaults] === value)) {
  await manyResults.save(results);
  await writeManyPlots(results);
  console.log(await rewriteReport());
}
for (const { claim, measured, isMet } of evaluateManyGoals(results, saved)) {
  console.log(`${isMet ? 'met   ' : 'missed'}  ${claim}: ${measured}`);
}
process.exit(0);

async function measureMany(): Promise<Pick<ManyResults, 'idle' | 'opening' | 'pinging' | 'memberBytes' | 'writes'>> {
  // Each round of openings has organizations of its own.
  const count = Math.max(organizations, rounds * opened, rounds * plan.reopened);
  progress(`creating ${count} organizations`);
  await using cluster = await Cluster.start(2);
  const api = cluster.operator(cluster.slots[0]!);
  const { ids, token } = await makeOrganizations(api, cluster.databaseUrl, count, membersEach);
  const serviceToken = (await api.operate('POST', '/service-tokens/', { name: 'bench' })).body.token as string;
  const client = new pg.Client({ connectionString: cluster.databaseUrl });
  await client.connect();

  progress('warming up');
  await warmUp(cluster, serviceToken, ids);
  const followers = await Followers.connect(cluster.urls, serviceToken);
  const idle: IdleStep[] = [];
  for (const step of idleSteps.filter((one) => one <= organizations)) {
    progress(`following ${step} organizations`);
    await followers.follow(ids.slice(idle.at(-1)?.organizations ?? 0, step));
    idle.push({ organizations: step, ...(await measureIdle(cluster, client, followers, seconds)) });
    console.error(`  ${JSON.stringify(idle.at(-1))}`);
  }
  followers.close();

  progress(`opening ${opened} organizations on each instance`);
  // Instances that have not followed anything, because their memory is measured.
  await restart(cluster);
  const rollcall = rollcallPair(cluster, token, ids);
  let pinging: CpuShares = { instances: 0, postgres: 0 };
  const whileOpen = async (pair: OpenedPair, calls: OpenerCalls) => {
    if (pair !== rollcall) return;
    const without = await measureUse(cluster, client, seconds);
    await calls.call('startPings', browserPingMs);
    const withPings = await measureUse(cluster, client, seconds);
    await calls.call('stopPings');
    pinging = { instances: withPings.instances - without.instances, postgres: withPings.postgres - without.postgres };
  };
  const handMade = await startHandMadePair(cluster, membersEach);
  const opening = await measureOpenings([rollcall, handMade], plan, whileOpen);
  await Promise.all(handMade.instances.map((instance) => instance.kill('SIGKILL')));

  progress('opening organizations with more members');
  await restart(cluster);
  const memberBytes = await measureMemberBytes(cluster, membersEach, plan.openingMax);
  console.error(`  ${JSON.stringify({ memberBytes })}`);

  progress('writing to many organizations');
  const writes = await measureManyWrites(cluster, client, rollcall, { orgIds: ids, owner: token, seconds });
  console.error(`  ${JSON.stringify(writes)}`);
  await client.end();
  return {
    idle,
    opening,
    pinging: { ...pinging, connections: 2 * opened, everySeconds: browserPingMs / 1_000 },
    memberBytes,
    writes,
  };
}

function progress(step: string): void {
  console.error(`${Math.round(process.uptime())} s: ${step}`);
}

async function restart(cluster: Cluster): Promise<void> {
  for (const slot of cluster.slots) {
    await cluster.stopAt(slot, 'SIGTERM');
    await cluster.startAt(slot);
  }
  await cluster.waitForBus();
}
