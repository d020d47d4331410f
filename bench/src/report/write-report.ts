import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCanResults } from '../can/can-results.ts';
import { readRestResults } from '../commits/rest-results.ts';
import type { Results } from '../results.ts';
import { writeMarkdown } from './markdown.ts';
import { drawPlots } from './plots.ts';

const bench = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Writes the page, the plots and the numbers. A quick run writes beside the published ones and
 * never overwrites them. Resolves to the page.
 */
export async function writeReport(results: Results): Promise<string> {
  const page = results.options.isQuick ? path.join(bench, 'quick', 'benchmarks.md') : path.join(bench, '..', 'docs', 'benchmarks.md');
  const plotsDirectory = results.options.isQuick ? path.join(bench, 'quick') : path.join(bench, 'results');
  await mkdir(plotsDirectory, { recursive: true });
  await mkdir(path.dirname(page), { recursive: true });

  const plots = drawPlots(results);
  const plotsPath = path.relative(path.dirname(page), plotsDirectory) || '.';
  for (const { file, svg } of plots) await writeFile(path.join(plotsDirectory, file), svg);
  await writeFile(path.join(plotsDirectory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(page, writeMarkdown(results, await readRestResults(), await readCanResults(), plots, plotsPath));
  return page;
}
