import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from '../../../test/support/redis.ts';
import { markersIn } from '../marker.ts';
import { teams, writers } from '../options.ts';
import type { Staleness } from '../subscribers/subscriber-process.ts';
import type { Running } from './load.ts';

/** Faults, each on records that are not written again: a subscriber that misses one stays stale. */

export const faultNames = ['same-rows', 'redis-restart', 'instance-killed'] as const;
export type FaultName = (typeof faultNames)[number];

export interface FaultResult extends Staleness {
  readonly contestant: string;
  readonly fault: FaultName;
}

/** For each fault: its first team, and the team after its last one. */
const teamsOf: Readonly<Record<FaultName, readonly [number, number]>> = {
  'same-rows': [0, 40],
  'redis-restart': [40, 120],
  'instance-killed': [120, teams],
};

const writesPerRow = 4;
const redisWritesPerSecond = 40;
/**
 * A single restart loses nothing if the subscribing side happens to reconnect before the publishing
 * side.
 */
const redisRestarts = 3;
const redisUpMs = 300;
const redisDownMs = 300;
const killAfterMs = 600;
const linksMsMax = 5_000;

/**
 * Resolves to null if the fault is impossible: the minimal servers have no database to differ from.
 */
export async function runFault(fault: FaultName, running: Running, redis: Redis, convergenceMs: number): Promise<FaultResult | null> {
  if (fault !== 'redis-restart' && running.pair.readNames === null) return null;
  await waitForLinks(running);
  await cause[fault](running, redis);
  const stale = await waitUntilCurrent(running, await readTruth(running, teamsOf[fault]), convergenceMs);
  return { contestant: running.contestant.name, fault, ...stale };
}

const cause: Readonly<Record<FaultName, (running: Running, redis: Redis) => Promise<void>>> = {
  /**
   * Both instances write the same row at the same moment. The last commit must be the last value
   * that every subscriber receives.
   */
  async 'same-rows'({ publisher }) {
    const [from, to] = teamsOf['same-rows'];
    for (let team = from; team < to; team++) {
      await Promise.all(Array.from({ length: writesPerRow }, (_, n) => publisher.write(team, n % 2)));
    }
  },
  async 'redis-restart'({ publisher }, redis) {
    const [from, to] = teamsOf['redis-restart'];
    const writing = publisher.writeAtRate(redisWritesPerSecond, ((to - from) * 1_000) / redisWritesPerSecond, from);
    for (let n = 0; n < redisRestarts; n++) {
      await sleep(redisUpMs);
      await redis.kill();
      await sleep(redisDownMs);
      await redis.restart();
    }
    await writing;
  },
  /**
   * Under load, some write is always between its commit and its publication. No writes follow the
   * kill.
   */
  async 'instance-killed'({ publisher, pair }) {
    const killed = new AbortController();
    const writing = publisher.writeFlatOut(writers, killAfterMs * 2, killed.signal, teamsOf['instance-killed'][0]);
    await sleep(killAfterMs);
    killed.abort();
    await pair.instances[0].kill('SIGKILL');
    await writing;
  },
};

/**
 * An earlier fault may have left a connection to Redis down. Waits until a write to either instance
 * reaches every subscriber.
 */
async function waitForLinks(running: Running): Promise<void> {
  const { publisher } = running;
  const [team] = teamsOf['same-rows'];
  for (const deadline = performance.now() + linksMsMax; performance.now() < deadline; ) {
    let areUp = true;
    for (const instance of [0, 1]) {
      await publisher.write(team, instance);
      const truth = publisher.acknowledged.map((version, index) => (index === team ? version : -1));
      areUp &&= (await waitUntilCurrent(running, truth, 400)).records === 0;
    }
    if (areUp) return;
  }
  throw new Error(`${running.contestant.title} delivered nothing for ${linksMsMax / 1_000} s before a fault was caused`);
}

/**
 * For each team: the version that every subscriber should have in the end, and -1 for the teams of
 * other faults.
 */
async function readTruth({ pair, publisher }: Running, [from, to]: readonly [number, number]): Promise<number[]> {
  const truth = pair.readNames ? Array<number>(teams).fill(0) : publisher.acknowledged;
  for (const { team, version } of markersIn(((await pair.readNames?.()) ?? []).join('\n'))) truth[team] = version;
  return truth.map((version, team) => (team >= from && team < to ? version : -1));
}

async function waitUntilCurrent({ subscribers }: Running, truth: readonly number[], waitMsMax: number): Promise<Staleness> {
  for (const deadline = performance.now() + waitMsMax; ; await sleep(50)) {
    const stale = await subscribers.countStale(truth);
    if (stale.records === 0 || performance.now() > deadline) return stale;
  }
}
