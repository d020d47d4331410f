import { OrgError, type OrgState } from '@rollcall/protocol';
import { retentionChanged } from '../../server/src/features/retention/domain/change-retention.ts';
import { emptyRetention } from '../../server/src/features/retention/domain/effective-retention.ts';
import { type Command, nothing, type Write } from './command.ts';
import type { Instance } from './instance.ts';
import { orgId } from './people.ts';
import { noNoticeFaults } from './simulated-bus.ts';
import type { Transaction } from './simulated-transactions.ts';
import type { SimulatedViewer } from './viewer.ts';
import type { World } from './world.ts';

/** Faults and other events, each chosen by the seed. */

/** Actions by weight, with their preconditions. */
const actions: readonly (readonly [number, (world: World) => void])[] = [
  [40, (world) => onInstance(world, (instance) => commandOn(world, instance, world.organization.anyCommand(world.random)))],
  [8, (world) => inQuickSuccession(world, world.organization.flip(world.log.head.state, world.random), 10)],
  [6, (world) => inQuickSuccession(world, world.organization.fleeting(), 1)],
  [8, logIn],
  [3, upheaval],
  [3, lateRevocation],
  [6, burst],
  [6, noticeFaults],
  [3, (world) => onInstance(world, (instance) => killInstance(world, instance))],
  [2, (world) => onInstance(world, (instance) => drainInstance(world, instance))],
  [3, (world) => onInstance(world, (instance) => pauseInstance(world, instance))],
  [3, (world) => onInstance(world, (instance) => busyInstance(world, instance))],
  [2, pauseViewer],
  [4, (world) => onLinked(world, (viewer) => cutLink(world, viewer))],
  [3, (world) => onLinked(world, (viewer) => slowLink(world, viewer))],
  [2, (world) => onLinked(world, (viewer) => loseStep(world, viewer))],
  [2, (world) => databaseDown(world)],
  [2, (world) => onInstance(world, (instance) => cutOffInstance(world, instance))],
  [3, (world) => onInstance(world, (instance) => readFromStandby(world, instance))],
  [2, failAfterReport],
  [3, (world) => onInstance(world, (instance) => pruneLog(world, instance))],
  [3, failOverSoon],
  [0.5, restore],
  [2, otherTransaction],
  [1, suspectGap],
  [6, comeOrGo],
  [3, startOver],
];
const weightOfAll = actions.reduce((sum, [weight]) => sum + weight, 0);

export function act(world: World): void {
  let left = world.random.float() * weightOfAll;
  for (const [weight, action] of actions) {
    left -= weight;
    if (left >= 0) continue;
    action(world);
    return;
  }
}

/** Removes all faults, and lets every viewer connect. */
export function heal(world: World): void {
  const { bus, instances, viewers, scheduler } = world;
  world.trace.add('the faults end');
  bus.faults = noNoticeFaults;
  world.log.onceReported(() => {});
  databaseUp(world);
  for (const { place } of instances) {
    place.eventsLeft = Number.POSITIVE_INFINITY;
    scheduler.resume(place);
    place.isBusy = false;
    world.log.standbyReaders.delete(place);
    world.log.rejoin(place, scheduler.now);
  }
  while (instances.length < 2) world.startInstance();
  for (const viewer of viewers) {
    scheduler.resume(viewer.place);
    viewer.open();
    if (!viewer.link) continue;
    viewer.link.bytesPerMs = null;
    viewer.link.losesNextStep = false;
  }
}

function onInstance(world: World, run: (instance: Instance) => void): void {
  if (world.instances.length > 0) run(world.random.pick(world.instances));
}

function onLinked(world: World, run: (viewer: SimulatedViewer) => void): void {
  const linked = world.viewers.filter(({ isConnected }) => isConnected);
  if (linked.length > 0) run(world.random.pick(linked));
}

/** A transaction that waits, or sends many statements. Others begin and commit in between. */
const lateMsMax = 800;

/** Runs a command on an instance, which may die before it has published anything. */
function commandOn(world: World, instance: Instance, command: Command): void {
  const { scheduler, log, random, place } = world;
  scheduler.after(instance.place, scheduler.between(0, 2), () => {
    if (log.reachedSince(instance.place) === null) return;
    const transaction = log.transactions.begin();
    if (random.chance(0.15)) scheduler.after(place, scheduler.between(0, lateMsMax), () => commit(world, instance, command, transaction));
    else commit(world, instance, command, transaction);
  });
}

function commit(world: World, instance: Instance, command: Command, transaction: Transaction): void {
  const { scheduler, log, random } = world;
  if (!log.transactions.isOpen(transaction)) return;
  const isConnected = !instance.place.isDead && !instance.place.isPaused && log.reachedSince(instance.place) !== null;
  const version = isConnected ? world.commit(command.name, writeOf(world, command), transaction) : null;
  log.transactions.end(transaction);
  if (!version) return;
  if (random.chance(0.3)) random.pick(world.viewers).waitFor(version);
  const { orgId, revision, chain, epoch } = version.head;
  const notice = { orgId, revision, chain, epoch, entry: version.entry! };
  scheduler.after(instance.place, scheduler.between(0, 3), () => void instance.bus.publish(notice));
}

function writeOf({ log, random }: World, { decide }: Command): Write {
  try {
    return decide(log.head, random);
  } catch (error) {
    if (error instanceof OrgError) return nothing;
    throw error;
  }
}

/** The person takes some time at the provider, and to confirm a link. */
const loginMsMax = 2_000;

function logIn(world: World): void {
  const { scheduler, log, logins, random, trace, place, viewers } = world;
  const login = logins.begin(log.head, viewers, random, scheduler.now);
  trace.add(`${login.viewer?.who.name ?? login.address} begins a login as ${login.identity.subject}`);
  const later = (command: Command) =>
    scheduler.after(place, scheduler.between(0, loginMsMax), () => onInstance(world, (instance) => commandOn(world, instance, command)));
  later(logins.finish(login, () => later(logins.link(login))));
}

/** Persons log in, and load pages again, soon after logins must be refused. */
function upheaval(world: World): void {
  const { scheduler, organization, random, place } = world;
  inQuickSuccession(world, organization.upheaval(random), 10);
  for (let index = 0; index < 3; index++) {
    scheduler.after(place, scheduler.between(20, 200), () => logIn(world));
    scheduler.after(place, scheduler.between(20, loginMsMax), () => startOver(world));
  }
}

/**
 * Ends access in a transaction that commits after younger ones, and whose instance dies before it
 * publishes a notice.
 */
function lateRevocation(world: World, committed = () => {}): void {
  const { log, scheduler, organization, random, place } = world;
  const transaction = log.transactions.begin();
  onInstance(world, (instance) => commandOn(world, instance, organization.anyCommand(random)));
  scheduler.after(place, scheduler.between(100, lateMsMax), () => {
    if (!log.transactions.isOpen(transaction)) return;
    if (log.isDown) return log.transactions.end(transaction);
    world.commit('revoke-late', writeOf(world, organization.revocation(log.head.state, random)), transaction);
    committed();
  });
}

/**
 * The database is down just after a sweep has found the end of an access, and not for the next
 * sweep.
 */
function failAfterReport(world: World): void {
  const { log } = world;
  lateRevocation(world, () => log.onceReported(() => databaseDown(world, 150)));
}

/** Runs each command on any instance. */
function inQuickSuccession(world: World, commands: readonly Command[], gapMsMax: number): void {
  let ms = 0;
  for (const one of commands) {
    world.scheduler.after(world.place, ms, () => onInstance(world, (instance) => commandOn(world, instance, one)));
    ms += world.scheduler.between(0, gapMsMax);
  }
}

function burst(world: World): void {
  const count = 2 + world.random.int(6);
  for (let index = 0; index < count; index++)
    onInstance(world, (instance) => commandOn(world, instance, world.organization.anyCommand(world.random)));
}

function noticeFaults(world: World): void {
  const { random, bus, trace } = world;
  const share = () => random.pick([0, 0, 0.2, 0.5, 1]);
  bus.faults = { drop: share(), duplicate: share(), delay: share(), delayMsMax: random.pick([20, 200, 2_000]) };
  const { drop, duplicate, delay } = bus.faults;
  trace.add(`${drop * 100} % of the notices are lost, ${duplicate * 100} % arrive twice, ${delay * 100} % arrive late`);
}

function killInstance(world: World, instance: Instance): void {
  const { scheduler, random, trace, place } = world;
  // The instance ends during any activity: at the next wait, or at a later one.
  instance.place.eventsLeft = random.int(8);
  trace.add(`${instance.name} will be killed after ${instance.place.eventsLeft} more events`);
  world.forgetInstance(instance);
  scheduler.after(place, scheduler.between(20, 3_000), () => {
    world.startInstance();
    trace.add('another instance is started');
  });
}

function drainInstance(world: World, instance: Instance): void {
  const { scheduler, trace, place } = world;
  trace.add(`${instance.name} is stopped`);
  world.forgetInstance(instance);
  instance.drain();
  scheduler.after(place, 1_000, () => scheduler.kill(instance.place));
  scheduler.after(place, scheduler.between(20, 2_000), () => world.startInstance());
}

/** Sometimes longer than the lease. */
const pauseMsMax = 8_000;

function pauseInstance(world: World, instance: Instance): void {
  const { scheduler, trace, place } = world;
  const ms = scheduler.between(5, pauseMsMax);
  trace.add(`${instance.name} pauses for ${Math.round(ms)} ms`);
  scheduler.pause(instance.place);
  scheduler.after(place, ms, () => scheduler.resume(instance.place));
}

/** Makes the flushes of the instance take time, so that its fan-out pauses between them. */
function busyInstance(world: World, { name, place: busy }: Instance): void {
  const { scheduler, trace, place } = world;
  trace.add(`${name} is busy`);
  busy.isBusy = true;
  scheduler.after(place, scheduler.between(100, 3_000), () => {
    busy.isBusy = false;
  });
}

function pauseViewer(world: World): void {
  const { scheduler, trace, place, random, viewers } = world;
  const viewer = random.pick(viewers);
  const ms = scheduler.between(5, pauseMsMax);
  trace.add(`${viewer.who.name} pauses for ${Math.round(ms)} ms`);
  scheduler.pause(viewer.place);
  scheduler.after(place, ms, () => scheduler.resume(viewer.place));
}

function cutLink({ random, trace }: World, { who, link }: SimulatedViewer): void {
  const silently = random.chance(0.5);
  trace.add(`the connection of ${who.name} to ${link!.server.name} is cut${silently ? ' silently' : ''}`);
  link!.cut(silently);
}

function slowLink({ random, trace }: World, { who, link }: SimulatedViewer): void {
  link!.bytesPerMs = link!.bytesPerMs === null ? random.pick([20, 200, 2_000]) : null;
  trace.add(`${who.name} reads ${link!.bytesPerMs === null ? 'at full speed' : 'slowly'}`);
}

function loseStep({ trace }: World, { who, link }: SimulatedViewer): void {
  trace.add(`the next step to ${who.name} will be lost`);
  link!.losesNextStep = true;
}

function databaseDown(world: World, msMax = 3_000): void {
  const { log, scheduler, trace, place } = world;
  if (log.isDown) return;
  trace.add('the database is down');
  log.goDown();
  scheduler.after(place, scheduler.between(20, msMax), () => databaseUp(world));
}

function databaseUp({ log, scheduler, trace }: World): void {
  if (!log.isDown) return;
  trace.add('the database is up again');
  log.comeUp(scheduler.now);
}

/** Cuts one instance off from the database while others write. */
function cutOffInstance(world: World, instance: Instance): void {
  const { log, scheduler, trace, place } = world;
  const ms = scheduler.between(20, pauseMsMax);
  trace.add(`${instance.name} cannot reach the database for ${Math.round(ms)} ms`);
  log.cutOff(instance.place);
  scheduler.after(place, ms, () => log.rejoin(instance.place, scheduler.now));
}

/**
 * The address of the database moves to a standby before its promotion, for the new connections of
 * one instance. The primary still ends a transaction, whose commit the standby receives.
 */
function readFromStandby(world: World, { name, place: reader }: Instance): void {
  const { log, scheduler, trace, place } = world;
  const ms = scheduler.between(1_500, 4_000);
  trace.add(`${name} reads from a standby for ${Math.round(ms)} ms`);
  log.standbyReaders.add(reader);
  scheduler.after(place, ms, () => log.standbyReaders.delete(reader));
  lateRevocation(world);
}

/**
 * The job of retention on an instance: a command raises the floor, and then the rows below it are
 * deleted. If the instance dies in between, another one deletes them later.
 */
function pruneLog(world: World, instance: Instance): void {
  const { log, random, scheduler, trace } = world;
  const kept = random.int(4);
  commandOn(world, instance, { name: 'prune-history', decide: ({ revision, state }) => pruned(state, revision - kept) });
  const deleteSome = () => {
    if (log.reachedSince(instance.place) === null) return;
    trace.add(`${instance.name} deletes rows up to the floor ${log.floor}`);
    if (log.deleteRows(1 + random.int(3))) scheduler.after(instance.place, scheduler.between(0, 50), deleteSome);
  };
  scheduler.after(instance.place, scheduler.between(3, 200), deleteSome);
}

function pruned({ retention }: OrgState, target: number): Write {
  const before = retention ?? emptyRetention(orgId);
  return { changes: target > before.prunedThrough ? retentionChanged(retention, { ...before, prunedThrough: target }) : [] };
}

/**
 * The sweeps may see ids of transactions that a standby does not receive, so that it gives them
 * again.
 */
function failOverSoon(world: World): void {
  const { log, scheduler, place } = world;
  log.transactions.runOthers();
  scheduler.after(place, scheduler.between(0, 600), () => failOver(world));
}

/**
 * Writes continue at once after commits were lost, so that another history reuses their numbers.
 */
function failOver(world: World): void {
  const { log, random, trace, scheduler, organization } = world;
  const count = 1 + random.int(2);
  if (log.isDown || log.head.revision <= count) return;
  const isSetBack = random.chance(0.4);
  trace.add(`${isSetBack ? 'the database server is set back, which' : 'a failover'} loses the last ${count} revisions`);
  log.loseLast(count, scheduler.now, isSetBack);
  const silentCount = count + random.int(3);
  // An instance that keeps the lost history serves members who are removed.
  for (let index = 0; index < silentCount; index++) {
    const revocation = writeOf(world, organization.revocation(log.head.state, random));
    const rename = organization.rename(log.head.state, `Acme, failover ${scheduler.eventCount + index}`);
    world.commit('after-failover', revocation.changes.length > 0 ? revocation : rename);
  }
  log.transactions.runOthers();
  // Its notice may continue the number of a lost revision.
  if (random.chance(0.3)) onInstance(world, (instance) => commandOn(world, instance, organization.anyCommand(random)));
}

function restore(world: World): void {
  const { log, random, trace, scheduler } = world;
  if (log.isDown) return;
  const count = random.int(3);
  trace.add(`the database is restored to ${count} revisions earlier, with a new epoch`);
  log.restore(count, scheduler.now);
  world.moved();
}

/** A transaction of another database on the same server, which holds back its snapshots. */
function otherTransaction({ log, scheduler, place }: World): void {
  const transaction = log.transactions.begin();
  scheduler.after(place, scheduler.between(0, 3_000), () => log.transactions.end(transaction));
}

function suspectGap({ bus, trace }: World): void {
  trace.add('the bus reports a suspected gap');
  bus.reportGap();
}

function comeOrGo({ random, viewers, trace }: World): void {
  const viewer = random.pick(viewers);
  trace.add(`${viewer.who.name} ${viewer.isConnected ? 'disconnects' : 'connects'}`);
  if (viewer.isConnected) viewer.leave();
  else viewer.open();
}

/** A page that is loaded again has no cursor. */
function startOver({ random, viewers, trace }: World): void {
  const viewer = random.pick(viewers);
  trace.add(`${viewer.who.name} starts again without a cursor`);
  viewer.startOver();
}
