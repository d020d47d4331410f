import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCanResults } from '../can/can-results.ts';
import { restResults } from '../commits/rest-results.ts';
import { type ManyResults, manyResults } from '../many/many-results.ts';
import type { Results } from '../results.ts';
import { decisionsSection } from './decisions.ts';
import { manyPlots, manySection } from './many.ts';
import { writeMarkdown } from './markdown.ts';
import { drawPlots } from './plots.ts';
import { restWritesSection } from './rest-writes.ts';

const bench = fileURLToPath(new URL('../..', import.meta.url));
/** The published plots and numbers. */
const published = path.join(bench, 'results');
const resultsFile = 'results.json';

/**
 * Writes the page, the plots and the numbers. A quick run writes beside the published ones and
 * never overwrites them. Resolves to the page.
 */
export async function writeReport(results: Results): Promise<string> {
  const plotsDirectory = results.options.isQuick ? path.join(bench, 'quick') : published;
  await mkdir(plotsDirectory, { recursive: true });
  for (const { file, svg } of drawPlots(results)) await writeFile(path.join(plotsDirectory, file), svg);
  await writeFile(path.join(plotsDirectory, resultsFile), `${JSON.stringify(results, null, 2)}\n`);
  return writePage(results);
}

/** Writes the page again, with the stored numbers of all benchmarks. Resolves to the page. */
export async function rewriteReport(): Promise<string> {
  return writePage(await readBenchResults());
}

/** The numbers of the last full run of `npm run bench`. */
export async function readBenchResults(): Promise<Results> {
  return JSON.parse(await readFile(path.join(published, resultsFile), 'utf8')) as Results;
}

/** Writes the plots over the number of organizations. */
export async function writeManyPlots(results: ManyResults): Promise<void> {
  for (const { file, svg } of manyPlots(results)) await writeFile(path.join(published, file), svg);
}

async function writePage(results: Results): Promise<string> {
  const page = results.options.isQuick ? path.join(bench, 'quick', 'benchmarks.md') : path.join(bench, '..', 'docs', 'benchmarks.md');
  const toPublished = path.relative(path.dirname(page), published);
  const rest = await restResults.read();
  const sections = [
    restWritesSection(rest),
    manySection(await manyResults.read(), { rest, bench: results }, toPublished),
    decisionsSection(await readCanResults()),
  ];
  await writeFile(page, writeMarkdown(results, sections, drawPlots(results), results.options.isQuick ? '.' : toPublished));
  return page;
}
