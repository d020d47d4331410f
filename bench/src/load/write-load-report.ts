import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { drawLoadPage } from './load-page.ts';
import type { LoadResults } from './load-results.ts';
import type { Verdict } from './verdicts.ts';

/** Resolves to the page's path. */
export async function writeLoadReport(results: LoadResults, verdicts: readonly Verdict[], directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'report.json'), `${JSON.stringify({ ...results, verdicts }, null, 2)}\n`);
  const page = path.join(directory, 'report.html');
  await writeFile(page, drawLoadPage(results, verdicts));
  return page;
}
