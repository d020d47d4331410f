import { readHeads } from '../../server/src/database/records/read-log.ts';
import { eventually } from '../support/eventually.ts';
import { findHistory, type History } from '../support/history.ts';
import { seededRandom } from '../support/seeds.ts';
import { Cluster } from './cluster.ts';
import { assertHoldsAll, compareWithLog } from './compare-with-log.ts';
import { ContinuousChecks } from './continuous-checks.ts';
import { Evictions } from './evictions.ts';
import type { Fault } from './fault.ts';
import { faults } from './faults/index.ts';
import { generateHistory } from './generated-history.ts';
import { IndependentSubscriber } from './independent-subscriber.ts';
import { Journal } from './journal.ts';
import type { FaultRunOptions } from './options.ts';
import { Oracle } from './oracle.ts';
import { type Organization, openOrganization } from './organization.ts';
import { Report } from './report.ts';
import { RestWriter } from './rest-writer.ts';
import { weakening } from './safeguards.ts';
import { Verdicts } from './verdicts.ts';
import { WriterGroup } from './writer-group.ts';

interface RunSettings {
  readonly orgCount: number;
  /** Replicas per person. */
  readonly copies: number;
  readonly faultMs: number;
  readonly freezeMs: number;
  /** The time for the whole history, without a fault. */
  readonly historyMs: number;
  /** The time from the last write after a fault until every replica has it. */
  readonly recoveryMsMax: number;
}

const fullRun: RunSettings = { orgCount: 5, copies: 2, faultMs: 10_000, freezeMs: 20_000, historyMs: 270_000, recoveryMsMax: 3_000 };
/**
 * The short run is part of the tests, which share their machine. A replica that waits for a long
 * back-off shows there too.
 */
const shortRun: RunSettings = { orgCount: 3, copies: 1, faultMs: 1_000, freezeMs: 2_000, historyMs: 0, recoveryMsMax: 10_000 };
const instanceCount = 3;
/** A whole run takes at most ten minutes, even on a busy machine. Faults are then shortened. */
const runMsMax = 570_000;
const faultMsMin = 1_000;
/** The time after a fault for its removal, convergence and the checks. */
const recoveryMs = 8_000;

/**
 * The time until late replicas are compared: a handshake may take 10 s, and so may a subscription.
 */
const convergenceMsMax = 45_000;
/**
 * The wait for convergence without a safeguard. It is short, because some replicas never converge
 * then.
 */
const weakenedConvergenceMsMax = 5_000;

/** Returns the verdicts, and prints the progress. */
export async function runFaults(options: FaultRunOptions, print: (line: string) => void): Promise<Verdicts> {
  const settings = options.isShort ? shortRun : fullRun;
  const random = seededRandom(options.seed);
  const history = historyFor(options, settings);
  const { without } = options;
  const nodeOptions = without?.target === 'server' ? `--import=${weakening(without)}` : '';
  if (without) print(`WITHOUT a safeguard: ${without.description}.`);
  print(`Fault run, seed ${options.seed}. ${history.description}. Starting ${instanceCount} servers, PostgreSQL and Redis.`);
  const verdicts = new Verdicts();
  const onCrash = (how: string) => verdicts.violated('alive', how);
  const cluster = await Cluster.open({ random, instanceCount, nodeOptions, onCrash });
  const journal = new Journal();
  const rest = new RestWriter(cluster, journal, verdicts);
  const evictions = new Evictions(cluster, verdicts);
  const names = history.orgs.slice(0, settings.orgCount);
  const organizations: Organization[] = [];
  let checks: ContinuousChecks | null = null;
  let subscriber: IndependentSubscriber | string = '';
  const endsAt = performance.now() + runMsMax;
  try {
    for (const name of names) organizations.push(await openOrganization(cluster, verdicts, name, settings.copies));
    const oracles = new Map(organizations.map((org) => [org, new Oracle(cluster.parts.database.db, org.id)]));
    for (const oracle of oracles.values()) await oracle.advance(() => {});
    subscriber = await IndependentSubscriber.open(cluster, organizations[0]!);
    checks = new ContinuousChecks(cluster, organizations, journal, verdicts);
    const writers = new WriterGroup({ cluster, rest, journal, verdicts, evictions, random }, organizations, history);
    const report = new Report({ verdicts, journal, rest, evictions, peaks: checks.peaks, organizations, print });
    report.begin(subscriber);
    for (const [index, name] of options.only.entries()) {
      const share = (endsAt - performance.now()) / (options.only.length - index) - recoveryMs;
      await runFault(faults.find((one) => one.name === name)!, Math.max(faultMsMin, Math.min(settings.faultMs, share)));
    }
    if (!options.isShort && options.only.includes('none')) {
      verdicts.check('history', writers.hasPlayedAll, () => `${writers.played.merges} of ${writers.played.of} merges were played`);
    }
    report.end(writers.played);
    return verdicts;

    async function runFault(fault: Fault, forMs: number): Promise<void> {
      const { freezeMs, historyMs } = settings;
      writers.run();
      cluster.isBlocked = fault.blocksServers;
      report.beginFault();
      const actions = await fault.inject({ cluster, organizations, writers, verdicts, random, forMs, historyMs, freezeMs });
      for (const [action, times] of Object.entries(actions)) verdicts.check('fault', times > 0, () => `${fault.name}: ${action} is 0`);
      verdicts.checked('alive');
      await writers.halt();
      const haltedAt = performance.now();
      const last = await converge();
      cluster.isBlocked = false;
      const tookMs = performance.now() - haltedAt;
      verdicts.check(
        'recovery',
        tookMs <= settings.recoveryMsMax,
        () => `${fault.name}: ${Math.round(tookMs)} ms after the last write ${last}`,
      );
      await evictions.finish();
      for (const org of organizations) {
        const oracle = oracles.get(org)!;
        await compareWithLog(oracle, org, journal, verdicts);
        for (const replica of org.replicas) checkConverged(() => assertHoldsAll(oracle, replica));
      }
      if (typeof subscriber !== 'string') await subscriber.compare(oracles.get(organizations[0]!)!, verdicts);
      report.endFault(fault, actions, tookMs);
    }
  } finally {
    checks?.stop();
    if (typeof subscriber !== 'string') await subscriber.close();
    await Promise.all(organizations.flatMap((org) => org.replicas.map((replica) => replica.close())));
    await cluster.close();
  }

  function checkConverged(assertion: () => void): void {
    verdicts.checked('convergence');
    try {
      assertion();
    } catch (error) {
      verdicts.violated('convergence', (error as Error).message);
    }
  }

  /**
   * Waits until all replicas are at the end of the log, or know that they have no access. Their
   * records are compared later. Returns what was awaited last.
   */
  async function converge(): Promise<string> {
    let last = 'no data was missing';
    const heads = await eventually(
      async () =>
        new Map(
          (
            await readHeads(
              cluster.parts.database.db,
              organizations.map(({ id }) => id),
            )
          ).map((head) => [head.orgId, head.revision]),
        ),
      { timeoutMs: convergenceMsMax },
    );
    const assertThere = ({ owner, subjects, replicas, id }: Organization) => {
      for (const { handle, person, name, hasEnded, connection } of replicas) {
        const isMember = person === owner || subjects.find((subject) => subject.person === person)?.isMember;
        const { phase, revision, fresh } = handle.status;
        const isDone = isMember ? fresh && revision === heads.get(id) : hasEnded;
        if (!isDone && isMember) void handle.waitFor(heads.get(id)!, { signal: AbortSignal.timeout(1_000) }).catch(() => {});
        if (!isDone) {
          last = `${name} was ${phase} at ${revision} of ${heads.get(id)}, its connection ${connection}`;
          throw new Error(last);
        }
      }
    };
    await eventually(() => organizations.forEach(assertThere), {
      timeoutMs: without ? weakenedConvergenceMsMax : convergenceMsMax,
      intervalMs: 50,
    }).catch((error: Error) => {
      verdicts.violated('convergence', error.message);
    });
    return last;
  }
}

function historyFor({ isShort, seed }: FaultRunOptions, { orgCount }: RunSettings): History & { readonly description: string } {
  const orgs = Array.from({ length: orgCount }, (_, index) => `made-${index + 1}`);
  if (isShort) return { ...generateHistory(seed, { orgs, merges: 200, firstMembers: 40 }), description: 'A small generated history' };
  const found = findHistory();
  if (found) return { ...found, description: 'The real history' };
  return {
    ...generateHistory(seed, { orgs, merges: 1_200, firstMembers: 400 }),
    description: 'No real history was found, so one is generated',
  };
}
