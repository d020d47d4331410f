import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Finding } from './prose.ts';

/** Paths whose text is not yet rewritten, each with the number of findings it may have. */
const listFile = new URL('ratchet.json', import.meta.url);

type Counts = ReadonlyMap<string, number>;

export function readAllowed(): Counts {
  return new Map(Object.entries(JSON.parse(readFileSync(listFile, 'utf8')) as Record<string, number>));
}

/** @throws Error when there are more findings than before */
export function writeAllowed(found: Counts): void {
  const [before, after] = [sum(readAllowed()), sum(found)];
  if (after > before) throw new Error(`There are ${after} findings, and the list allows ${before}. Rewrite the new ones.`);
  writeFileSync(listFile, `${JSON.stringify(Object.fromEntries([...found].sort()), null, 2)}\n`);
}

/** Counts per path of `pathOf`. */
export function countPerPath(findings: readonly Finding[]): Counts {
  const counts = new Map<string, number>();
  for (const { file } of findings) counts.set(pathOf(file), (counts.get(pathOf(file)) ?? 0) + 1);
  return counts;
}

/** A document itself; of other files a folder such as `server/src/http`, with the folders in it. */
export function pathOf(file: string): string {
  if (file.endsWith('.md') || !file.includes('/')) return file;
  return path.posix.dirname(file).split('/').slice(0, 3).join('/');
}

function sum(counts: Counts): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
