// Divides test files into parts of about the same duration.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Seconds by path below the folder of the tests. */
export type Durations = Readonly<Record<string, number>>;

export interface PartOfFiles {
  readonly files: readonly string[];
  readonly seconds: number;
}

/** The duration of a file if none of its folder is known. */
const unknownSeconds = 3;

export function readDurations(path: string): Durations {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Durations) : {};
}

/** Sorted and with full seconds, so that two runs differ in few lines. */
export function saveDurations(path: string, durations: Durations): void {
  const entries = Object.entries(durations).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(entries.map(([file, seconds]) => [file, Math.ceil(seconds)])), null, 2)}\n`);
}

/**
 * Divides the files of one folder into as few parts as the maximum of seconds allows. Each file,
 * the longest first, goes into the shortest part. A file without a duration counts as an average
 * one of the folder.
 */
export function divide(files: readonly string[], durations: Durations, secondsMax: number): PartOfFiles[] {
  const average = files.some((file) => file in durations) ? averageOf(files, durations) : unknownSeconds;
  const timed = files.map((file) => ({ file, seconds: durations[file] ?? average })).sort((a, b) => b.seconds - a.seconds);
  const total = timed.reduce((sum, { seconds }) => sum + seconds, 0);
  const count = Math.max(1, Math.ceil(total / secondsMax));
  const parts = Array.from({ length: count }, () => ({ files: [] as string[], seconds: 0 }));
  for (const { file, seconds } of timed) {
    const shortest = parts.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    shortest.files.push(file);
    shortest.seconds += seconds;
  }
  return parts.filter((part) => part.files.length > 0);
}

/** The sum of the known durations. */
export function sumOf(files: readonly string[], durations: Durations): number {
  return files.reduce((sum, file) => sum + (durations[file] ?? 0), 0);
}

function averageOf(files: readonly string[], durations: Durations): number {
  return sumOf(files, durations) / files.filter((file) => file in durations).length;
}
