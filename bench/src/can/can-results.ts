import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { repository } from '../command-line.ts';

/** The median over the rounds of one kind of decision. */
export interface CanResult {
  readonly title: string;
  /** Decisions per second of CPU time. */
  readonly perSecond: number;
}

export interface CanResults {
  readonly measuredAt: string;
  readonly loadBefore: number;
  readonly rounds: number;
  readonly members: number;
  readonly results: readonly CanResult[];
}

const file = path.join(repository, 'bench', 'results', 'can.json');

export async function saveCanResults(results: CanResults): Promise<void> {
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
}

export async function readCanResults(): Promise<CanResults> {
  return JSON.parse(await readFile(file, 'utf8')) as CanResults;
}
