import { loadavg } from 'node:os';
import { type Postgres, startPostgres } from '../../test/support/postgres.ts';
import { type Redis, startRedis } from '../../test/support/redis.ts';
import type { CommitsMeasured } from './commits/commits-process.ts';
import { measureCommits } from './commits/measure-commits.ts';
import type { Contestant, Services } from './contestants/contestant.ts';
import { bareSocketIo, bareWs, handMade } from './contestants/peers.ts';
import { provisionDatabase } from './contestants/provision.ts';
import { rollcall, rollcallAt } from './contestants/rollcall.ts';
import { type FaultResult, faultNames, runFault } from './measure/faults.ts';
import { measureConnecting, measureLoad, type Running } from './measure/load.ts';
import { type Options, teams, writers } from './options.ts';
import type { Progress } from './progress.ts';
import { Publisher } from './publisher.ts';
import { describeMachine } from './report/machine.ts';
import type { Results, Round } from './results.ts';
import { Subscribers } from './subscribers/subscribers.ts';

/**
 * The run: all contestants are started once and measured alternately, so that other work on the
 * machine affects all of them.
 */

const contestants: readonly Contestant[] = [rollcall, bareWs, bareSocketIo, handMade];
/**
 * The maximum duration of each fault on a busy machine. A fault is only started if it will end in
 * time.
 */
const faultMs = 5_000;
const commitsMsOf = ({ commitsMs }: Options) => 4 * commitsMs + 2_000;

interface MeasuredOnce extends Omit<Round, 'contestant'> {
  readonly contestant: Contestant;
}

/** The duration of the faults and the commits after the last round. */
const reserveMs = 60_000;

export async function runBench(options: Options, progress: Progress): Promise<Results> {
  const startedAt = new Date().toISOString();
  const loadBefore = loadavg()[0]!;
  const leftOut: string[] = [];
  progress.show('starting PostgreSQL and Redis');
  const [postgres, redis] = await Promise.all([startPostgres({ own: true }), startRedis({ own: true })]);
  try {
    const services: Services = { postgres, redisUrl: redis.url, provisioned: await provisionDatabase(postgres) };
    const running = await startAll(contestants, services, options, progress);
    const rounds = await runRounds(running, options, progress, leftOut);
    const faults = await runFaults(running, redis, options, progress, leftOut);
    await stopAll(running);
    const commits = await compareCommits(services, options, progress, leftOut);
    const results = running.map(({ contestant: { name, title }, pair, rssPerConnectionBytes }) => ({
      name,
      title,
      rssPerConnectionBytes,
      notes: pair.notes,
    }));
    const machine = describeMachine();
    const durationMs = progress.elapsedMs;
    return { startedAt, durationMs, machine, loadBefore, options, contestants: results, rounds, faults, commits, leftOut };
  } finally {
    await stopServices(postgres, redis);
  }
}

async function startAll(contestants: readonly Contestant[], services: Services, options: Options, progress: Progress): Promise<Running[]> {
  progress.show('starting two instances of each contestant');
  const pairs = await Promise.all(contestants.map((contestant) => contestant.start(services)));
  const running: Running[] = [];
  for (const [index, contestant] of contestants.entries()) {
    progress.show(`${contestant.title}: connecting ${options.subscribers} subscribers`);
    const pair = pairs[index]!;
    const subscribers = new Subscribers();
    const rssPerConnectionBytes = await measureConnecting(pair, subscribers, options.subscribers, teams);
    const publisher = new Publisher(pair, teams);
    progress.show(`${contestant.title}: warming up`);
    await publisher.writeFlatOut(writers, options.warmUpMs);
    await publisher.writeFlatOut(1, options.settleMs);
    await subscribers.waitUntilQuiet();
    running.push({ contestant, pair, subscribers, publisher, rssPerConnectionBytes });
  }
  return running;
}

/** Each round begins with another contestant. A round is only started if it will end in time. */
async function runRounds(running: readonly Running[], options: Options, progress: Progress, leftOut: string[]): Promise<Round[]> {
  const rounds: Round[] = [];
  let longestMs = 0;
  for (let n = 0; n < options.rounds; n++) {
    if (n > 0 && progress.remainingMs < longestMs * 1.1 + reserveMs) {
      leftOut.push(`round ${n + 1} of ${options.rounds}`);
      continue;
    }
    const begun = progress.elapsedMs;
    for (const { contestant, ...loads } of await measureRound(running, n, options, progress)) {
      rounds.push({ contestant: contestant.name, ...loads });
    }
    longestMs = Math.max(longestMs, progress.elapsedMs - begun);
  }
  return rounds;
}

/** Measures each contestant once. `number` is the index of the first one. */
async function measureRound(running: readonly Running[], number: number, options: Options, progress: Progress): Promise<MeasuredOnce[]> {
  const measured: MeasuredOnce[] = [];
  for (let turn = 0; turn < running.length; turn++) {
    const one = running[(number + turn) % running.length]!;
    const { contestant } = one;
    const show = (load: string) => progress.show(`round ${number + 1} of ${options.rounds}: ${contestant.title}, ${load}`);
    show('20 changes/s');
    const paced = await measureLoad(one, 'paced', options);
    show('saturation');
    measured.push({ contestant, paced, saturated: await measureLoad(one, 'saturated', options) });
  }
  return measured;
}

/** Both versions, measured in each round. */
export interface ComparedRound {
  readonly own: Omit<Round, 'contestant'>;
  readonly other: Omit<Round, 'contestant'>;
}

/** Measures Rollcall and that of another checkout, in interleaved rounds. */
export async function compareCheckouts(checkout: string, options: Options, progress: Progress): Promise<ComparedRound[]> {
  progress.show('starting PostgreSQL and Redis');
  const [postgres, redis] = await Promise.all([startPostgres({ own: true }), startRedis({ own: true })]);
  try {
    const services: Services = { postgres, redisUrl: redis.url, provisioned: await provisionDatabase(postgres) };
    const other = rollcallAt(checkout);
    const running = await startAll([rollcall, other], services, options, progress);
    const rounds: ComparedRound[] = [];
    for (let number = 0; number < options.rounds; number++) {
      const measured = await measureRound(running, number, options, progress);
      const of = (wanted: Contestant) => measured.find(({ contestant }) => contestant === wanted)!;
      rounds.push({ own: of(rollcall), other: of(other) });
    }
    await stopAll(running);
    return rounds;
  } finally {
    await stopServices(postgres, redis);
  }
}

async function runFaults(
  running: readonly Running[],
  redis: Redis,
  options: Options,
  progress: Progress,
  leftOut: string[],
): Promise<FaultResult[]> {
  const results: FaultResult[] = [];
  // A quick run has no time for the minimal servers.
  const chosen = options.isQuick ? running.filter(({ pair }) => pair.readNames !== null) : running;
  for (const fault of faultNames) {
    for (const one of chosen) {
      const step = `fault ${fault}: ${one.contestant.title}`;
      if (progress.remainingMs < faultMs) {
        leftOut.push(step);
        continue;
      }
      progress.show(step);
      const result = await runFault(fault, one, redis, options.convergenceMs);
      if (result) results.push(result);
    }
  }
  return results;
}

async function compareCommits(
  { postgres, provisioned: { template } }: Services,
  options: Options,
  progress: Progress,
  leftOut: string[],
): Promise<CommitsMeasured[]> {
  const measured: CommitsMeasured[] = [];
  for (let n = 0; n < options.rounds; n++) {
    const step = `commits of one organization: ${n + 1} of ${options.rounds}`;
    if (progress.remainingMs < commitsMsOf(options)) {
      leftOut.push(step);
      continue;
    }
    progress.show(step);
    const [database, copy] = [await postgres.createDatabase({ template }), await postgres.createDatabase({ template })];
    measured.push(await measureCommits({ databaseUrl: database.url, copyUrl: copy.url, durationMs: options.commitsMs }));
  }
  return measured;
}

async function stopAll(running: readonly Running[]): Promise<void> {
  await Promise.all(
    running.map(async ({ pair, subscribers, publisher }) => {
      publisher.close();
      await subscribers.close();
      await Promise.all(pair.instances.map((instance) => instance.kill('SIGKILL')));
    }),
  );
}

async function stopServices(postgres: Postgres, redis: Redis): Promise<void> {
  await Promise.all([postgres.stop(), redis.stop()]);
}
