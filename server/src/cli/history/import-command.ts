import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { OperatorClient } from '../operator/operator-client.ts';
import { startProgress } from '../progress.ts';
import { type HistoryLine, inBatches, readHistoryLines } from './history-lines.ts';
import { importFormat, reportSkipped } from './import-format.ts';
import { type SkippedLine, sendBatch } from './send-batch.ts';

/** The number of lines that the server puts into one revision. */
const batchLinesMin = 500;

export function addImportCommand(program: Command): void {
  program
    .command('import')
    .description('apply a history of changes (JSON Lines) to an organization of a running server')
    .argument('<org>', 'slug or id of an existing organization')
    .argument('<file>', 'the history, with one change per line')
    .option(...urlOption)
    .option('--allow-skipped', 'exit with code 0 although lines were skipped')
    .addHelpText(
      'after',
      `\nRequires OPERATOR_TOKEN. Lines that cannot be applied are skipped and listed.\n${importFormat}\n${examples('rollcall import acme history.jsonl')}`,
    )
    .action(importFile);
}

async function importFile(org: string, file: string, { url, allowSkipped }: { url?: string; allowSkipped?: true }): Promise<void> {
  const lines = readHistoryLines(file);
  refuseSeveralOrganizations(lines);
  const operator = await OperatorClient.open(url, readEnvironment());
  const progress = startProgress(org, lines.length);
  const skipped: SkippedLine[] = [];
  let applied = 0;
  let revision = 0;
  try {
    for (const batch of inBatches(lines, batchLinesMin)) {
      const sent = await sendBatch(operator, org, batch);
      applied += sent.applied;
      skipped.push(...sent.skipped);
      revision = sent.revision;
      progress.advance(batch.lines.length);
    }
  } finally {
    progress.end();
  }
  console.log(`${org}: ${applied} of ${lines.length} lines applied, ${skipped.length} skipped, now at revision ${revision}.`);
  reportSkipped(skipped, allowSkipped === true);
}

/** The import would merge the histories of several organizations into one. */
function refuseSeveralOrganizations(lines: readonly HistoryLine[]): void {
  const other = lines.find((line) => line.org !== null && line.org !== lines[0]!.org);
  if (!other) return;
  throw new CliError(
    `Line ${other.number} belongs to another organization (${other.org}). Use rollcall replay for histories of several organizations.`,
  );
}
