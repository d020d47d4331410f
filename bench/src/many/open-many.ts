import { setTimeout as sleep } from 'node:timers/promises';
import { forkProgram } from '../contestants/process.ts';
import { readRssWithoutGarbage, readShrunkRss } from '../measure/load.ts';
import { waitUntilIdle } from '../measure/wait-until-idle.ts';
import { quantile } from '../results.ts';
import { Calls } from '../subscribers/calls.ts';
import type { OpeningMemory, OpeningResult, OpeningRound } from './many-results.ts';
import type { OpenedPair } from './opened-pair.ts';
import type { OpenerMethods, Opening } from './opener-process.ts';

/**
 * The calls to a process that opens connections. It is one process for each contestant, which does
 * as little as possible, because it takes its CPU time from the servers.
 */
export type OpenerCalls = Calls<OpenerMethods>;

export interface OpeningPlan {
  readonly rounds: number;
  /** Organizations with a connection to each instance. */
  readonly opened: number;
  /** Organizations of the instance that is killed. */
  readonly reopened: number;
  /** The number of connections that open at the same time. */
  readonly openingMax: number;
  /** The time from the end of the burst until memory is read again. */
  readonly openMs: number;
  /** The time from the end of all connections until memory is read again. */
  readonly leftMs: number;
}

interface Opener {
  readonly pair: OpenedPair;
  readonly calls: OpenerCalls;
  readonly rounds: OpeningRound[];
  readonly memory: OpeningMemory[];
  readonly reopenedMs: number[];
}

/**
 * Opens connections to the pairs in rounds, and again after the kill of an instance. All pairs run
 * all the time, but only one of them is opened at a time. Each round has other organizations, which
 * the instances have to load.
 * @param whileOpen runs in the first round, before the connections are closed
 */
export async function measureOpenings(
  pairs: readonly [OpenedPair, OpenedPair],
  plan: OpeningPlan,
  whileOpen: (pair: OpenedPair, calls: OpenerCalls) => Promise<void>,
): Promise<[OpeningResult, OpeningResult]> {
  const openers = pairs.map((pair) => ({ pair, ...startOpener(), rounds: [], memory: [], reopenedMs: [] }));
  const inRounds = async (measure: (opener: Opener, round: number) => Promise<void>) => {
    for (let round = 0; round < plan.rounds; round++) {
      // The order alternates, so that each contestant is first in half of the rounds.
      for (const opener of round % 2 === 0 ? openers : [...openers].reverse()) {
        await waitUntilIdle(pairs.flatMap(({ instances }) => instances.map(({ pid }) => pid)));
        await measure(opener, round);
      }
    }
  };
  await inRounds((opener, round) => openRound(opener, round, plan, whileOpen));
  await inRounds((opener, round) => reopenRound(opener, round, plan));
  await Promise.all(openers.map(({ kill }) => kill('SIGTERM')));
  const resultOf = (index: 0 | 1): OpeningResult => {
    const { pair, rounds, memory, reopenedMs } = openers[index]!;
    return { title: pair.title, rounds, memory: memory[0]!, reopenedMs };
  };
  return [resultOf(0), resultOf(1)];
}

export function startOpener() {
  const { child, kill } = forkProgram('many/opener-process.ts');
  return { calls: new Calls<OpenerMethods>(child), kill };
}

async function openRound(
  { pair, calls, rounds, memory }: Opener,
  round: number,
  { opened, openingMax, openMs, leftMs }: OpeningPlan,
  whileOpen: (pair: OpenedPair, calls: OpenerCalls) => Promise<void>,
): Promise<void> {
  const openings = pair.instances.flatMap((instance) => pair.openingsAt(instance, round * opened, opened));
  const isFirst = round === 0;
  const before = isFirst ? await readShrunkRss(pair.instances) : 0;
  const bytesEach = async () => ((await readRssWithoutGarbage(pair.instances)) - before) / opened;
  rounds.push(await open(calls, openings, openingMax));
  console.error(`  ${pair.title}: ${JSON.stringify(rounds.at(-1))}`);
  if (isFirst) {
    const burstBytes = await bytesEach();
    await sleep(openMs);
    const openBytes = await bytesEach();
    await whileOpen(pair, calls);
    await calls.call('close');
    await sleep(leftMs);
    memory.push({ burstBytes, openBytes, leftBytes: await bytesEach() });
    console.error(`  ${pair.title}: ${JSON.stringify(memory.at(-1))}`);
  }
  await calls.call('close');
}

async function open(calls: OpenerCalls, openings: readonly Opening[], openingMax: number): Promise<OpeningRound> {
  const { timings, seconds } = await calls.call('open', { openings, openingMax });
  return { perSecond: openings.length / seconds, p99Ms: quantile(timings, 0.99) };
}

/**
 * Opens organizations on the second instance, kills it, and opens them on the first, as the clients
 * of a dead instance do.
 */
async function reopenRound(
  { pair, calls, reopenedMs }: Opener,
  round: number,
  { rounds, reopened, openingMax }: OpeningPlan,
): Promise<void> {
  // Begins with the organizations that were not opened shortly before.
  const first = (rounds - 1 - round) * reopened;
  await calls.call('open', { openings: pair.openingsAt(pair.instances[1]!, first, reopened), openingMax });
  await pair.killSecond();
  await calls.call('close');
  const { seconds } = await calls.call('open', { openings: pair.openingsAt(pair.instances[0]!, first, reopened), openingMax });
  reopenedMs.push(seconds * 1_000);
  console.error(`  ${pair.title}: ${reopened} organizations opened again in ${Math.round(seconds * 1_000)} ms`);
  await calls.call('close');
  await pair.startSecond();
}
