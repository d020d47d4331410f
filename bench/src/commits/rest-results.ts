import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { repository } from '../command-line.ts';
import type { WriteName } from './rest-writes.ts';

/** Medians over the rounds of one server. */
export interface RestResult {
  readonly write: WriteName;
  readonly title: string;
  readonly serverUs: number;
  readonly postgresUs: number;
  readonly statements: number;
}

export interface RestResults {
  readonly measuredAt: string;
  readonly loadBefore: number;
  readonly rounds: number;
  readonly results: readonly RestResult[];
}

const file = path.join(repository, 'bench', 'results', 'rest-writes.json');

export async function saveRestResults(results: RestResults): Promise<void> {
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
}

export async function readRestResults(): Promise<RestResults> {
  return JSON.parse(await readFile(file, 'utf8')) as RestResults;
}
