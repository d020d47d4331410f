import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { OperatorClient, refusal } from '../operator/operator-client.ts';
import { startProgress } from '../progress.ts';
import { inBatches, readHistoryLines } from './history-lines.ts';
import { importFormat, reportSkipped } from './import-format.ts';
import { ReplayTally } from './replay-tally.ts';
import { sendBatch } from './send-batch.ts';

const ownerEmail = 'owner@example.com';

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('apply the history of several organizations (JSON Lines with org) to a running server, one merge at a time')
    .argument('<file>', 'the history, with one change per line, oldest first')
    .option('--rate <lines>', 'maximum lines per second (default: as fast as the server responds)', parseRate)
    .option(...urlOption)
    .option('--allow-skipped', 'exit with code 0 although lines were skipped')
    .addHelpText(
      'after',
      `\nRequires OPERATOR_TOKEN. Creates missing organizations, owned by ${ownerEmail}. Each line has the field org.\n${importFormat}\n${examples('rollcall replay history.jsonl --rate 20')}`,
    )
    .action(replay);
}

function parseRate(text: string): number {
  const rate = Number(text);
  if (!(rate > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return rate;
}

interface ReplayOptions {
  readonly rate?: number;
  readonly url?: string;
  readonly allowSkipped?: true;
}

async function replay(file: string, { rate = Number.POSITIVE_INFINITY, url, allowSkipped }: ReplayOptions): Promise<void> {
  const lines = readHistoryLines(file);
  const operator = await OperatorClient.open(url, readEnvironment());
  const tally = new ReplayTally();
  const made = new Set<string>();
  const progress = startProgress('replay', lines.length);
  const startedAtMs = performance.now();
  let sentLines = 0;
  try {
    for (const batch of inBatches(lines, 1)) {
      const { org } = batch;
      await sleep(Math.max(0, startedAtMs + (sentLines / rate) * 1_000 - performance.now()));
      if (org === null) {
        tally.skip(batch.lines.map(({ number }) => ({ number, reason: 'no-organization' })));
      } else {
        const slug = org.toLowerCase();
        if (!made.has(slug)) await makeOrganization(operator, org, slug);
        made.add(slug);
        const sentAtMs = performance.now();
        const sent = await sendBatch(operator, slug, batch);
        tally.count(slug, sent, performance.now() - sentAtMs);
      }
      sentLines += batch.lines.length;
      progress.advance(batch.lines.length);
    }
  } finally {
    progress.end();
  }
  console.log(tally.summarize((performance.now() - startedAtMs) / 1_000));
  reportSkipped(tally.skipped, allowSkipped === true);
}

/** Creates the organization and its owner if they are missing. */
async function makeOrganization(operator: OperatorClient, name: string, slug: string): Promise<void> {
  const ownerId = await findOrMakeOwner(operator);
  const answer = await operator.request('POST', '/organizations/', { name, slug, ownerId });
  if (answer.status === 201) return;
  // If the slug is taken, an earlier replay created the organization.
  const isThere = answer.status === 400 && Object.keys(answer.body as object).join() === 'slug';
  if (!isThere) throw refusal(`Could not create the organization ${slug}`, answer);
}

async function findOrMakeOwner(operator: OperatorClient): Promise<string> {
  const made = await operator.request('POST', '/users/', { email: ownerEmail, name: 'Owner' });
  if (made.status === 201) return (made.body as { id: string }).id;
  if (made.status !== 409) throw refusal(`Could not create the user ${ownerEmail}`, made);
  const found = await operator.request('GET', `/users/?email=${encodeURIComponent(ownerEmail)}`);
  const [owner] = found.status === 200 ? (found.body as { id: string }[]) : [];
  if (!owner) throw refusal(`Could not find the user ${ownerEmail}`, found);
  return owner.id;
}
