import { act, heal } from './faults.ts';
import type { Violation } from './trace.ts';
import type { SimulatedViewer } from './viewer.ts';
import { World } from './world.ts';

/** One schedule: commands and faults for some time, then none, until all replicas agree. */

const actionCount = 40;
/** Backoff and the detection of silently cut connections take time. */
const convergenceMsMax = 90_000;

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
