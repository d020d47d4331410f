import { type OperatorClient, refusal } from '../operator/operator-client.ts';
import type { Batch } from './history-lines.ts';

export interface SkippedLine {
  /** The line's number in the file. */
  readonly number: number;
  readonly reason: string;
}

export interface SentBatch {
  readonly applied: number;
  readonly skipped: readonly SkippedLine[];
  readonly revision: number;
}

/**
 * Imports the lines of a batch.
 * @throws CliError if the server refuses all of them
 */
export async function sendBatch(operator: OperatorClient, org: string, { lines }: Batch): Promise<SentBatch> {
  const text = lines.map((line) => `${line.text}\n`).join('');
  const answer = await operator.request('POST', `/organizations/${encodeURIComponent(org)}/import/`, text);
  if (answer.status !== 200) throw refusal(`Could not import lines ${lines[0]!.number} to ${lines.at(-1)!.number} of ${org}`, answer);
  const { applied, skipped, revision } = answer.body as {
    applied: number;
    skipped: readonly { line: number; reason: string }[];
    revision: number;
  };
  return { applied, skipped: skipped.map(({ line, reason }) => ({ number: lines[line - 1]!.number, reason })), revision };
}
