import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { repository } from '../command-line.ts';
import type { RestResult } from '../commits/rest-results.ts';
import type { Machine } from '../report/machine.ts';

/** Shares of one core. */
export interface CpuShares {
  readonly instances: number;
  readonly postgres: number;
}

/** Two instances that are subscribed to organizations in which nothing changes. */
export interface IdleStep extends CpuShares {
  readonly organizations: number;
  readonly transactionsPerSecond: number;
  /** The memory of both instances. */
  readonly rssBytes: number;
  /** CPU time in microseconds. Each connection follows half of the organizations. */
  readonly pingUs: CpuShares;
}

export interface OpeningResult {
  readonly title: string;
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Bytes of both servers for each organization, right after the opening. */
  readonly burstBytes: number;
  /** Bytes of both servers for each organization, some seconds later. */
  readonly openBytes: number;
  /** Bytes of both servers for each organization, some time after all connections were closed. */
  readonly leftBytes: number;
}

export interface SaturationResult {
  readonly title: string;
  readonly deliveriesPerSecond: number;
  readonly p99Ms: number;
}

/**
 * When an instance dies, the subscribers of its organizations are current on another one in this
 * time after they began to connect to it.
 */
export const reopeningGoal = { organizations: 5_000, ms: 5_000 };

/** The figures of `npm run bench:many`. */
export interface ManyResults {
  readonly measuredAt: string;
  readonly loadBefore: number;
  readonly machine: Machine;
  readonly membersEach: number;
  readonly opened: number;
  readonly openingMax: number;
  readonly subscribers: number;
  readonly openSeconds: number;
  readonly leftSeconds: number;
  readonly idle: readonly IdleStep[];
  readonly opening: readonly OpeningResult[];
  /** The organizations of the killed instance, with one subscriber each. */
  readonly reopened: number;
  /** The time until these subscribers are current at the other instance. */
  readonly reopenedMs: number;
  /** All opened connections ping at the rate of a browser. */
  readonly pinging: CpuShares & { readonly connections: number; readonly everySeconds: number };
  readonly writes: readonly RestResult[];
  readonly saturation: readonly SaturationResult[];
}

const file = path.join(repository, 'bench', 'results', 'many.json');

export async function saveManyResults(results: ManyResults): Promise<void> {
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
}

/** Null before the first run. */
export async function readManyResults(): Promise<ManyResults | null> {
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as ManyResults) : null;
}
