import type { ChildProcess } from 'node:child_process';
import { loadavg } from 'node:os';
import { eventually } from '../../../test/support/eventually.ts';
import { anOrgWithOwner } from '../../../test/support/logged-in.ts';
import { addMember, aPerson } from '../../../test/support/provision.ts';
import { readOptions } from '../../../test/support/read-options.ts';
import { aWebhook } from '../../../test/support/webhooks.ts';
import { parseWholeNumbers } from '../command-line.ts';
import { forkProgram } from '../contestants/process.ts';
import type { GroupMethods } from '../enforcement/group-process.ts';
import { MarkedWrites } from '../enforcement/marked-writes.ts';
import { type MeasuredGroup, measureWindow } from '../enforcement/measure-window.ts';
import { Cluster } from '../load/cluster.ts';
import { CommitLog } from '../load/commit-log.ts';
import { importTeams } from '../load/people.ts';
import { describeShares, readCpuByRole } from '../measure/cpu-shares.ts';
import { readUsageOf } from '../measure/process-usage.ts';
import { changesPerSecond } from '../options.ts';
import { describeMachine } from '../report/machine.ts';
import { median } from '../results.ts';
import { Calls } from '../subscribers/calls.ts';
import type { ReceiverMethods } from './receivers-process.ts';

const usage = `Usage: npm run bench:outlets -- [options]

Writes ${changesPerSecond} changes per second, alternately to an organization with webhooks and to one
without, on two instances. Each organization has the same number of subscribers. Prints the delivery
latency of the subscribers of both, the share of each program in the CPU time, and the CPU time of a
delivery to a webhook. The exit code is 1 if the p99 with webhooks is more than twice that without.

  --subscribers N  subscribers of each organization (default 1000)
  --webhooks N     webhooks of the first organization, each of another receiver (default 20)
  --rounds N       windows of each organization (default 5)
  --help           print this text

Starts a PostgreSQL, a Redis and servers of its own on loopback. Run it on a machine that does
nothing else.`;

const windowMs = 5_000;
/** Rounds that don't count. */
const warmUps = 2;
const latencyRatioMax = 2;
/** The subscribers share the tokens of these people. */
const people = 24;
/** A delivery that takes longer counts as lost. This limit is not a performance goal. */
const arrivalMsMax = 60_000;

const parseOptions = (args: readonly string[]) =>
  parseWholeNumbers(args, {
    subscribers: { byDefault: 1_000, min: 1, max: 4_000 },
    webhooks: { byDefault: 20, min: 1, max: 20 },
    rounds: { byDefault: 5, min: 1, max: 20 },
  });

const { subscribers, webhooks, rounds } = readOptions(parseOptions, usage);
const loadBefore = loadavg()[0]!;
await using cluster = await Cluster.start(2, { OUTBOUND_ALLOWED: '127.0.0.1' });
const programs = ['outlets/receivers-process.ts', ...Array.from({ length: 2 }, () => 'enforcement/group-process.ts')].map(forkProgram);
const [receiving, ...groups] = programs.map(({ child }) => child);
const receivers = new Calls<ReceiverMethods>(receiving!);

interface Window {
  readonly p99Ms: number;
  readonly cpuMs: number;
  readonly deliveries: number;
  /** Where the CPU time went while changes were written. */
  readonly shares: string;
}

/** An organization with subscribers, and with this number of webhooks. */
async function populate(child: ChildProcess, webhookCount: number): Promise<MeasuredGroup> {
  const api = cluster.operator(cluster.slots[0]!);
  const org = await anOrgWithOwner(api);
  await importTeams(api, cluster.operatorToken, org);
  const tokens: string[] = [];
  while (tokens.length < people) {
    const person = await aPerson(api);
    await addMember(api, org, person, tokens.length === 0 ? 'manager' : 'member');
    tokens.push(person.token);
  }
  // Each change is one event of a team. Renaming one also makes an entry of the audit log.
  for (const url of await receivers.call('listen', webhookCount)) await aWebhook(api, org, { url, eventTypes: ['team.*'] });
  const group = new Calls<GroupMethods>(child);
  const allTokens = Array.from({ length: subscribers }, (_, index) => tokens[index % people]!);
  await group.call('connect', { urls: cluster.urls, org: org.slug, tokens: allTokens });
  const commits = await CommitLog.open(cluster.databaseUrl, org.id);
  return { group, subscribers, commits, writes: new MarkedWrites(cluster, org.slug, tokens[0]!) };
}

/** Includes the time until everything has arrived. */
async function measure(measured: MeasuredGroup, webhookCount: number): Promise<Window> {
  const pids = cluster.running.map(({ instance }) => instance!.pid);
  const before = await readUsageOf(pids);
  const roles = { servers: pids, subscribers: groups.map(({ pid }) => pid!), receivers: [receiving!.pid!] };
  const cpuBefore = await readCpuByRole(roles);
  const receivedBefore = await receivers.call('count');
  const { p99Ms, disturbed } = await measureWindow(measured, windowMs, async () => null);
  const shares = describeShares(cpuBefore, await readCpuByRole(roles));
  if (disturbed > 0) throw new Error(`${disturbed} subscribers lost their connection or a change`);
  const deliveries = Math.round((windowMs / 1_000) * changesPerSecond) * webhookCount;
  await eventually(
    async () => {
      const received = (await receivers.call('count')) - receivedBefore;
      if (received < deliveries) throw new Error(`the receivers got ${received} of ${deliveries} deliveries`);
    },
    { timeoutMs: arrivalMsMax, intervalMs: 20 },
  );
  return { p99Ms, cpuMs: (await readUsageOf(pids)).cpuMs - before.cpuMs, deliveries, shares };
}

console.error(`adding two organizations with ${subscribers} subscribers each`);
const withWebhooks = await populate(groups[0]!, webhooks);
const without = await populate(groups[1]!, 0);
console.error('warming up');
const found: { readonly loaded: Window; readonly calm: Window }[] = [];
for (let number = 1 - warmUps; number <= rounds; number++) {
  const calm = await measure(without, 0);
  const loaded = await measure(withWebhooks, webhooks);
  if (number < 1) continue;
  found.push({ loaded, calm });
  console.log(`round ${number}: p99 without ${calm.p99Ms.toFixed(1)} ms, with ${loaded.p99Ms.toFixed(1)} ms`);
  console.log(`  CPU without: ${calm.shares}`);
  console.log(`  CPU with: ${loaded.shares}`);
}

await Promise.all([withWebhooks, without].map(({ commits }) => commits[Symbol.asyncDispose]()));
await Promise.all(programs.map((program) => program.kill('SIGTERM')));
const { cpu, cores } = describeMachine();
const [p99Ms, calmP99Ms] = [median(found.map(({ loaded }) => loaded.p99Ms)), median(found.map(({ calm }) => calm.p99Ms))];
const ratio = p99Ms / calmP99Ms;
const ownCpuMs = median(found.map(({ loaded, calm }) => loaded.cpuMs - calm.cpuMs));
const [{ loaded }] = found as [(typeof found)[0]];
console.log(`\n${cores} × ${cpu}, load average before the run ${loadBefore.toFixed(1)}`);
console.log(`p99 without webhooks ${calmP99Ms.toFixed(1)} ms, with ${webhooks} webhooks ${p99Ms.toFixed(1)} ms (medians)`);
console.log(`the p99 with webhooks is ${ratio.toFixed(2)} times that without: ${ratio <= latencyRatioMax ? 'met' : 'MISSED'}`);
console.log(
  `CPU of the servers for ${loaded.deliveries} deliveries in ${windowMs / 1_000} s: ${Math.round(ownCpuMs)} ms, ${(ownCpuMs / loaded.deliveries).toFixed(2)} ms each`,
);
process.exitCode = ratio <= latencyRatioMax ? 0 : 1;
