import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { readEnvironment, urlOption } from './environment.ts';
import { examples } from './examples.ts';
import { findUserId } from './operator/find-user.ts';
import { OperatorClient, refusal } from './operator/operator-client.ts';
import { startProgress } from './progress.ts';

interface ImportOptions {
  readonly url?: string;
  readonly owner: string;
  readonly send?: true;
}

interface Imported {
  readonly organization: { readonly id: string; readonly slug: string };
  readonly counts: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
}

export function addImportOrganizationCommand(program: Command): void {
  program
    .command('import-organization')
    .description('create an organization of a running server from a file that `rollcall export` wrote')
    .argument('<file>', 'the file (JSON Lines, gzip)')
    .requiredOption('--owner <user>', 'id, address or external:<id> of the user who becomes the owner')
    .option('--send', 'mail the invitations')
    .option(...urlOption)
    .addHelpText(
      'after',
      `\nRequires OPERATOR_TOKEN. The server checks the whole file before it writes anything. People become invites with their roles and teams. The IP allow list is switched off, domains are unverified and webhooks are disabled. Identity providers, tokens and integrations are not created.\n${examples(
        'rollcall import-organization acme.jsonl.gz --owner ada@example.com',
      )}`,
    )
    .action(importOrganization);
}

async function importOrganization(file: string, { url, owner, send }: ImportOptions): Promise<void> {
  await using input = await openFile(file);
  const { size } = await input.stat();
  const operator = await OperatorClient.open(url, readEnvironment());
  const ownerId = await findUserId(operator, owner);
  const progress = startProgress(file, size, 'bytes');
  const source = input.createReadStream().on('data', (piece) => progress.advance(piece.length));
  const path = `/organizations/import/?owner=${ownerId}${send ? '&send=1' : ''}`;
  const response = await operator
    .transfer('POST', path, Readable.toWeb(source) as ReadableStream<Uint8Array>, 'application/gzip')
    .finally(() => progress.end());
  const body = await response.json().catch(() => null);
  if (response.status !== 201) throw refusal(`${file} was not imported`, { status: response.status, body });
  const { organization, counts, skipped } = body as Imported;
  console.log(`Created ${organization.slug} (id ${organization.id}).`);
  for (const [kind, count] of Object.entries(counts)) console.log(`${kind}: ${count}`);
  for (const [kind, count] of Object.entries(skipped)) console.log(`${kind}: ${count} not created`);
}

/** An error of the file during the request would look like a server that can't be reached. */
async function openFile(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
  }
  throw new CliError(`${file} cannot be read: it is not a file`);
}
