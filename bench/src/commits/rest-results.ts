import { median } from '../results.ts';
import { SavedResults } from '../saved-results.ts';
import type { WriteName } from './rest-writes.ts';

/** Microseconds of CPU time. */
export interface Cpu {
  readonly serverUs: number;
  readonly postgresUs: number;
}

/** For each commit. */
export interface Round extends Cpu {
  readonly perSecond: number;
}

/** One write of one server. */
export interface RestResult {
  readonly write: WriteName;
  readonly title: string;
  readonly statements: number;
  readonly rounds: readonly Round[];
}

/** One part of a request, as the server does it, and as it did it before it was made cheaper. */
export interface CutResult {
  readonly part: string;
  readonly now: Cpu & { readonly how: string };
  readonly before: Cpu & { readonly how: string };
}

export interface RestResults {
  readonly measuredAt: string;
  readonly loadBefore: number;
  readonly results: readonly RestResult[];
  readonly cuts: readonly CutResult[];
}

/** The results of `npm run bench:commits`. */
export const restResults = new SavedResults<RestResults>('rest-writes.json', 2, 'npm run bench:commits');

/** The median CPU time of a write in the server and in PostgreSQL, in microseconds. */
export function cpuOf({ rounds }: Pick<RestResult, 'rounds'>): Cpu {
  return {
    serverUs: median(rounds.map(({ serverUs }) => serverUs)),
    postgresUs: median(rounds.map(({ postgresUs }) => postgresUs)),
  };
}
