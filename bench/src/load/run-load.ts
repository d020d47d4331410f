import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../../test/support/seeds.ts';
import { readRssWithoutGarbage } from '../measure/load.ts';
import type { Progress } from '../progress.ts';
import { describeMachine } from '../report/machine.ts';
import { CheckedReplica, Violations } from './checked-replica.ts';
import { Cluster } from './cluster.ts';
import { CommitLog } from './commit-log.ts';
import { ClusterMeter } from './instance-meter.ts';
import type { Connecting, LoadResults, SlowSubscriberResult } from './load-results.ts';
import { LoadSubscribers } from './load-subscribers.ts';
import { recordCount, settingRecord, versionsIn } from './marked-records.ts';
import type { LoadOptions } from './options.ts';
import { type Population, provisionPeople } from './people.ts';
import { Revocations } from './revocations.ts';
import { Sampler } from './sampler.ts';
import { type WindowContext, type WindowOutcome, windowRuns } from './windows.ts';
import { Writer } from './writer.ts';

/**
 * The run: everything is started, loaded window by window, compared with the database, and stopped.
 */

const warmUpMs = 1_000;
const sampleMs = 1_000;
/** Without a terminal, the line is printed less often. */
const quietTicks = 5;
const convergeMsMax = 15_000;
/**
 * Memory per connection is computed from a difference. With fewer connections, other allocations of
 * the server exceed that difference.
 */
const measurableConnections = 100;
/**
 * The collections of the other subscribers if a slow subscriber is measured. They leave out the
 * organization record, because a setting in it is made too long for the slow connection.
 */
const allButOrganization = ['members', 'teams', 'projects', 'invites', 'tokens'];

export async function runLoad(options: LoadOptions, progress: Progress): Promise<LoadResults> {
  const startedAt = new Date().toISOString();
  const loadBefore = loadavg()[0]!;
  const violations = new Violations();
  progress.show(`starting PostgreSQL, Redis and ${options.instances} instances`);
  await using cluster = await Cluster.start(options.instances);
  const population = await provisionPeople(cluster.operator(cluster.slots[0]!), cluster.operatorToken);
  const subscribers = new LoadSubscribers();
  const connecting = await connectAll(cluster, population, subscribers, options, progress);
  await using commits = await CommitLog.open(cluster.databaseUrl, population.org.id);

  const replicas = await subscribeAll(cluster, population, options.replicas, violations);
  const writers = replicas.filter(({ role }) => role !== 'member');
  const writer = new Writer(writers, options.payloadBytes, seededRandom(options.seed), violations);
  const revocations = new Revocations(cluster, population, violations);
  const meter = new ClusterMeter(cluster);
  const context = { cluster, population, subscribers, subscribersCount: options.subscribers, meter, writer, violations };

  const sources = { subscribers, commits, meter, writer, revocations };
  const { sampler, outcome } = await loadAll(context, sources, options, progress);
  progress.show('comparing every replica with the database');
  const { slow, reconnectBurst = null } = outcome;
  slow?.proxy.removeLimit();
  const all = slow ? [...replicas, slow.replica] : replicas;
  const stale = await compareAll(context, replicas, options);
  const before = violations.count;
  await slow?.replica.compare(cluster.operator(cluster.running[0]!), population.org.id);
  const hasRightState = violations.count === before;
  writer.check();
  for (const replica of all) replica.close();
  await slow?.proxy[Symbol.asyncDispose]();
  await subscribers.close();

  const [calm] = sampler.windows;
  const slowWindow = sampler.windows.find(({ name }) => name === 'slow-subscriber');
  const slowSubscriber: SlowSubscriberResult | null =
    slow && slowWindow ? { ...slow.behind, p99Ratio: slowWindow.sinceCommit.p99Ms / calm!.sinceCommit.p99Ms, hasRightState } : null;
  const consistency = {
    replicas: all.length,
    violationCount: violations.count,
    violations: violations.list,
    written: writer.written,
    triedAgain: writer.triedAgain,
    failed: writer.failures.length,
    failures: [...new Set(writer.failures)],
    stale,
    removals: revocations.removals,
  };
  const { samples, windows } = sampler;
  return {
    startedAt,
    machine: describeMachine(),
    loadBefore,
    options,
    connecting,
    windows,
    samples,
    reconnectBurst,
    slowSubscriber,
    consistency,
  };
}

async function connectAll(
  cluster: Cluster,
  { org, people }: Population,
  subscribers: LoadSubscribers,
  options: LoadOptions,
  progress: Progress,
): Promise<Connecting> {
  progress.show(`connecting ${options.subscribers} subscribers`);
  const tokens = people.map(({ person }) => person.token);
  const collections = options.windows.includes('slow-subscriber') ? allButOrganization : null;
  const shared = { urls: cluster.urls, tokens, org: org.slug, collections, records: recordCount, seed: options.seed };
  const half = Math.ceil(options.subscribers / 2);
  const start = performance.now();
  await subscribers.connect({ ...shared, subscribers: half });
  const halfMs = performance.now() - start;
  const instances = cluster.running.map(({ instance }) => instance!);
  const before = await readRssWithoutGarbage(instances);
  const again = performance.now();
  await subscribers.connect({ ...shared, subscribers: options.subscribers });
  const durationMs = halfMs + performance.now() - again;
  const connections = options.subscribers - half;
  const grown = (await readRssWithoutGarbage(instances)) - before;
  return { durationMs, rssPerConnectionBytes: connections < measurableConnections ? Number.NaN : grown / connections };
}

async function subscribeAll(
  cluster: Cluster,
  { org, people }: Population,
  count: number,
  violations: Violations,
): Promise<CheckedReplica[]> {
  const replicas = Array.from({ length: count }, (_, index) => {
    return new CheckedReplica(`client ${index + 1}`, cluster.balancer.url, people[index % people.length]!, org, violations);
  });
  await Promise.all(replicas.map(({ handle }) => handle.ready()));
  return replicas;
}

interface Loaded {
  readonly sampler: Sampler;
  readonly outcome: WindowOutcome;
}

async function loadAll(
  context: WindowContext,
  sources: Parameters<typeof Sampler.start>[0],
  options: LoadOptions,
  progress: Progress,
): Promise<Loaded> {
  const ended = new AbortController();
  const { writer, revocations } = sources;
  const writing = [writer.writeAtRate(options.rate, ended.signal)];
  if (options.windows.includes('slow-subscriber')) writing.push(writer.writeBulk(ended.signal));
  await sleep(warmUpMs);
  const sampler = await Sampler.start(sources);
  let outcome: WindowOutcome = {};
  for (const name of options.windows) {
    await waitUntilAllLive(context);
    await sampler.open(name);
    const windowEnded = new AbortController();
    const sampling = sampleUntil(windowEnded.signal, sampler, () => progressLine(name, sampler, context, progress));
    // When instances end, sockets close for other reasons. In a reconnect burst, a removal's own
    // reads would be counted.
    const removing = name === 'rolling-restart' || name === 'reconnect-burst' ? null : revocations.run(name, windowEnded.signal);
    outcome = { ...outcome, ...(await windowRuns[name](context, options.durationMs / options.windows.length)) };
    windowEnded.abort();
    await Promise.all([sampling, removing]);
    await sampler.close();
  }
  ended.abort();
  await Promise.all(writing);
  return { sampler, outcome };
}

/** A fault begins after the recovery from the previous one. */
async function waitUntilAllLive({ subscribers, subscribersCount }: WindowContext): Promise<void> {
  for (const deadline = performance.now() + convergeMsMax; performance.now() < deadline; await sleep(100)) {
    if ((await subscribers.countSubscribers({ record: 0, version: 0 })).live === subscribersCount) return;
  }
}

async function sampleUntil(signal: AbortSignal, sampler: Sampler, show: () => void): Promise<void> {
  for (let tick = 0; !signal.aborted; tick++) {
    await sleep(sampleMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    await sampler.sample();
    if (process.stderr.isTTY || tick % quietTicks === 0) show();
  }
}

function progressLine(name: string, { samples }: Sampler, { writer, violations }: WindowContext, progress: Progress): void {
  const { live, written, deliveriesPerSecond, p50Ms, p99Ms } = samples.at(-1)!;
  const latency = Number.isNaN(p50Ms) ? 'nothing delivered' : `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;
  const trouble = `${violations.count} rules broken, ${writer.failures.length} writes failed`;
  const deliveries = Math.round(deliveriesPerSecond).toLocaleString('en');
  progress.show(`${name}: ${live} live, ${written} writes, ${deliveries} deliveries/s, ${latency}; ${trouble}`);
}

/** Resolves to the number of raw subscribers with records that differ from the database. */
async function compareAll(
  { cluster, population: { org }, subscribers }: WindowContext,
  replicas: readonly CheckedReplica[],
  options: LoadOptions,
): Promise<number> {
  const api = cluster.operator(cluster.running[0]!);
  await Promise.all(replicas.map((replica) => replica.compare(api, org.id)));
  const truth = versionsIn((await api.operate('GET', `/organizations/${org.id}/state/?audience=owner`)).body.records);
  if (options.windows.includes('slow-subscriber')) truth[settingRecord] = 0;
  for (const deadline = performance.now() + convergeMsMax; ; await sleep(100)) {
    const stale = await subscribers.countStale(truth);
    if (stale === 0 || performance.now() > deadline) return stale;
  }
}
