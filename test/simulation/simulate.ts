import { act, heal } from './faults.ts';
import type { Transaction } from './simulated-transactions.ts';
import type { Violation } from './trace.ts';
import type { SimulatedViewer } from './viewer.ts';
import { sweepMsMax, World } from './world.ts';

/** One schedule: commands and faults for some time, then none, until all replicas agree. */

const actionCount = 40;
/** Backoff and the detection of silently cut connections take time. */
const convergenceMsMax = 90_000;
/** The share of the schedules that wait until all heads were read, which takes up to a minute. */
const unreportedShare = 0.1;
/** Rule R2: all heads are read in turn once per minute, and the changes found by one sweep. */
const roundMsMax = 60_000 + 2 * sweepMsMax;

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly trace: string;
  readonly eventCount: number;
}

export async function simulate(seed: number): Promise<Outcome> {
  const world = new World(seed);
  let violation: Violation | null = null;
  try {
    await run(world);
  } catch (error) {
    if (error !== world.violation) throw error;
    violation = world.violation;
  }
  return { seed, violation, trace: world.trace.text, eventCount: world.scheduler.eventCount };
}

async function run(world: World): Promise<void> {
  const { scheduler, random, place, viewers } = world;
  for (const viewer of viewers) if (random.chance(0.8)) scheduler.after(viewer.place, scheduler.between(0, 300), () => viewer.open());
  let left = actionCount;
  const next = () => {
    if (left-- === 0) return;
    act(world);
    scheduler.after(place, gapMs(world), next);
  };
  scheduler.after(place, gapMs(world), next);
  while (left >= 0) await world.step();

  heal(world);
  const until = scheduler.now + convergenceMsMax;
  while (viewers.some((viewer) => whyNotLevel(world, viewer))) {
    if (scheduler.now > until) {
      const reasons = viewers.flatMap((viewer) => whyNotLevel(world, viewer) ?? []);
      world.report('replicas converge', reasons.join('; '));
    }
    followAgain(world);
    await world.step();
  }
  if (random.chance(unreportedShare)) await findUnreported(world);
}

/**
 * A revision of which no process is notified, while no client pings and the database reports it to
 * no sweep. A server that crashed and recovered between two sweeps may assign an id again that they
 * have already seen. Only reading the head once per minute finds it.
 */
async function findUnreported(world: World): Promise<void> {
  const { scheduler, log, organization, trace, viewers } = world;
  trace.add('no client pings any more');
  for (const viewer of viewers) viewer.isInBackground = true;
  let seen: Transaction;
  let head: typeof log.head;
  do {
    head = log.head;
    seen = log.transactions.begin();
    log.transactions.end(seen);
    const seenAt = scheduler.now + sweepMsMax;
    while (scheduler.now < seenAt) await world.step();
    // No sweep would find a revision that was committed since, either.
  } while (log.head !== head);

  world.commit('unreported', organization.rename(log.head.state, 'Acme, unreported'), seen);
  const until = scheduler.now + roundMsMax;
  const outdated = () => viewers.filter(({ outdatedSince }) => outdatedSince !== null);
  while (outdated().length > 0) {
    if (scheduler.now > until)
      world.report('replicas converge', `${outdated()[0]!.who.name} has no revision that the database reported to no sweep`);
    await world.step();
  }
}

/** Bursts, and pauses in which a sweep or a lease may end. */
function gapMs({ scheduler, random }: World): number {
  const kind = random.float();
  if (kind < 0.5) return scheduler.between(0, 20);
  return kind < 0.85 ? scheduler.between(20, 300) : scheduler.between(300, 1_500);
}

/**
 * Null for a viewer with the records of the database, and for a viewer without access and without
 * records.
 */
function whyNotLevel({ log }: World, { who, present, subscription, held, waits }: SimulatedViewer): string | null {
  if (log.head.projectionFor(present) === null) {
    return subscription.revision === null && subscription.ending ? null : `${who.name} keeps its replica without access`;
  }
  if (subscription.ending) return `${who.name} is not subscribed`;
  if (!subscription.isLive || !subscription.isFresh) return `${who.name} is not live`;
  if (held !== log.head) return `${who.name} is at ${held?.revision ?? 'nothing'}, not ${log.head.revision}`;
  return waits.length > 0 ? `${who.name} still waits for a revision` : null;
}

/** A viewer who has access again subscribes again. */
function followAgain({ log, viewers }: World): void {
  for (const viewer of viewers) if (viewer.subscription.ending && log.head.projectionFor(viewer.present)) viewer.startOver();
}
