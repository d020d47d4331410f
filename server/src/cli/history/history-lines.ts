import { readFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';

/** A line of a history: one JSON object, as in the file. */
export interface HistoryLine {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  /** Null if the line has no organization, or is not a JSON object. */
  readonly org: string | null;
  /** Lines with the same value belong to one merge. */
  readonly merge: string | null;
}

/**
 * The lines of one request. A batch contains whole merges, so that a merge can become one revision
 * if it fits.
 */
export interface Batch {
  readonly org: string | null;
  readonly lines: readonly HistoryLine[];
}

/** @throws CliError if the file can't be read or has no lines */
export function readHistoryLines(file: string): HistoryLine[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`);
  }
  const lines = text.split('\n');
  if (lines.at(-1)!.trim() === '') lines.pop();
  if (lines.length === 0) throw new CliError(`${file} is empty.`);
  return lines.map((line, index) => describeLine(line, index + 1));
}

function describeLine(text: string, number: number): HistoryLine {
  const { org, commit } = fieldsOf(text);
  return { number, text, org: typeof org === 'string' && org !== '' ? org : null, merge: typeof commit === 'string' ? commit : null };
}

function fieldsOf(text: string): { org?: unknown; commit?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}

/**
 * Splits after at least `linesMin` lines, and only between two merges. Within a merge, the server
 * must receive a changed spelling of a login as a whole.
 */
export function inBatches(lines: readonly HistoryLine[], linesMin: number): Batch[] {
  const batches: { org: string | null; lines: HistoryLine[] }[] = [];
  for (const line of lines) {
    const last = batches.at(-1);
    const previous = last?.lines.at(-1);
    const continuesMerge = line.merge !== null && previous?.merge === line.merge;
    if (last?.org === line.org && (continuesMerge || last.lines.length < linesMin)) last.lines.push(line);
    else batches.push({ org: line.org, lines: [line] });
  }
  return batches;
}
