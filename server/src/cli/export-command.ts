import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { readEnvironment, urlOption } from './environment.ts';
import { examples } from './examples.ts';
import { OperatorClient, type OperatorResponse, refusal } from './operator/operator-client.ts';
import { startProgress } from './progress.ts';

interface ExportOptions {
  readonly url?: string;
  readonly out?: string;
  readonly history?: true;
}

/** An export as the operator API lists it. */
interface ListedExport {
  readonly id: string;
  readonly dateCreated: string;
  readonly status: 'running' | 'done' | 'failed';
  readonly revision: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly sha256: string;
  readonly bytes: number;
  readonly error: string | null;
}

const pollMs = 500;

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('write the data of an organization of a running server to a file (JSON Lines, gzip)')
    .argument('<org>', 'slug or id of the organization')
    .option('--out <file>', 'the file (default: <org>-<revision>.jsonl.gz)')
    .option('--history', 'include the changes that are in the log')
    .option(...urlOption)
    .addHelpText(
      'after',
      `\nRequires OPERATOR_TOKEN. The owners get a mail. An organization can be exported once an hour; a second export within the hour downloads the last file.\n${examples(
        'rollcall export acme --out acme.jsonl.gz',
        'rollcall export acme --history',
      )}`,
    )
    .action(exportOrganization);
}

async function exportOrganization(org: string, { url, out, history }: ExportOptions): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const path = `/organizations/${encodeURIComponent(org)}/export/`;
  const requested = await operator.request('POST', path, { history: history ?? false }, 429);
  if (requested.status !== 202 && requested.status !== 429) throw refusal(`${org} cannot be exported`, requested);
  const { id } = requested.status === 202 ? (requested.body as { id: string }) : await newestOf(operator, path, org, requested);
  const written = await whenWritten(operator, path, org, id);
  if (requested.status === 429) {
    const { dateCreated, counts } = written;
    if (history && !counts.entry)
      throw new CliError(`The export of ${org} that was requested at ${dateCreated} has no history. Try again an hour after it.`);
    console.error(`${org} can be exported once an hour. Downloading the file that was requested at ${dateCreated}.`);
  }
  const file = out ?? `${org}-${written.revision}.jsonl.gz`;
  await download(operator, `${path}${id}/`, file, written.bytes);
  console.log(`${file}: ${written.bytes} bytes, revision ${written.revision}, created ${written.dateCreated}.`);
  for (const [kind, count] of Object.entries(written.counts)) if (count > 0) console.log(`${kind}: ${count}`);
  console.log(`SHA-256 of the lines: ${written.sha256}`);
}

/** The newest export, which is downloaded if the server refuses another one within an hour. */
async function newestOf(operator: OperatorClient, path: string, org: string, refused: OperatorResponse): Promise<ListedExport> {
  const [newest] = await list(operator, path, org);
  if (!newest) throw refusal(`${org} cannot be exported`, refused);
  return newest;
}

async function whenWritten(operator: OperatorClient, path: string, org: string, id: string): Promise<ListedExport> {
  for (;;) {
    const found = (await list(operator, path, org)).find((one) => one.id === id);
    if (!found) throw new CliError(`The export of ${org} no longer exists. Run the command again to request another one.`);
    if (found.status === 'failed') throw new CliError(`The export of ${org} failed: ${found.error}`);
    if (found.status === 'done') return found;
    await sleep(pollMs);
  }
}

async function list(operator: OperatorClient, path: string, org: string): Promise<ListedExport[]> {
  const response = await operator.request('GET', path);
  if (response.status !== 200) throw refusal(`The exports of ${org} cannot be read`, response);
  return response.body as ListedExport[];
}

async function download(operator: OperatorClient, path: string, file: string, bytes: number): Promise<void> {
  const response = await operator.transfer('GET', path);
  if (response.status !== 200) throw new CliError(`The file cannot be downloaded: the server returned status ${response.status}.`);
  const progress = startProgress(file, bytes, 'bytes');
  try {
    await pipeline(response.body!, counting(progress), createWriteStream(file));
  } catch (error) {
    throw new CliError(`${file} is incomplete: ${(error as Error).message}. Call the command again.`);
  } finally {
    progress.end();
  }
  const { size } = await stat(file);
  if (size !== bytes) throw new CliError(`${file} is incomplete: it has ${size} of ${bytes} bytes. Call the command again.`);
}

function counting(progress: { advance(count: number): void }) {
  return async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      progress.advance(piece.length);
      yield piece;
    }
  };
}
