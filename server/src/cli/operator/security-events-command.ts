import { setTimeout as sleep } from 'node:timers/promises';
import type { ResponseOf, securityEventRunShape, securityEventShape } from '@rollcall/protocol/rest/shapes';
import { type Command, InvalidArgumentError } from 'commander';
import { readEnvironment, urlOption } from '../environment.ts';
import { examples } from '../examples.ts';
import { onSignal } from '../on-signal.ts';
import { jsonOption } from './list-options.ts';
import { OperatorClient, refusal } from './operator-client.ts';
import { type Column, none, printRecords } from './print-records.ts';

type SecurityEvent = ResponseOf<typeof securityEventShape>;

interface EventsOptions {
  readonly url?: string;
  readonly follow?: true;
  readonly after: string;
  readonly event?: string;
  readonly outcome?: string;
  readonly organization?: string;
  readonly json?: true;
}

/** The pause between two requests. A server stores events about a second after they happen. */
const followMs = 1_000;

const columns: readonly Column<SecurityEvent>[] = [
  ['ID', ({ id }) => id],
  ['TIME', ({ dateCreated }) => dateCreated.slice(0, 19).concat('Z')],
  ['EVENT', ({ event, kind }) => (kind === null ? event : `${event} ${kind}`)],
  ['OUTCOME', ({ outcome, count }) => (count === 1 ? outcome : `${outcome} x${count}`)],
  ['CALLER', ({ caller }) => (caller === null ? none : `${caller.kind}:${caller.id ?? none}`)],
  ['ADDRESS', ({ address }) => address ?? none],
  ['ORGANIZATION', ({ organization }) => organization ?? none],
  ['TARGET', ({ target }) => (target === null ? none : `${target.kind}:${target.id}`)],
];

export function addSecurityEventsCommand(program: Command): void {
  program
    .command('security-events')
    .description('print the security events of the server, oldest first (requires OPERATOR_TOKEN)')
    .option('--follow', 'also print the events that follow, until Ctrl-C')
    .option('--after <id>', 'only events after this one, to continue where an earlier run ended', parseId, '0')
    .option('--event <name>', 'only events of this name, such as login')
    .option('--outcome <outcome>', 'only events with this outcome: success or failure')
    .option('--organization <org>', 'only events of this organization: a slug, an id, or external:<id>')
    .option(...jsonOption)
    .option(...urlOption)
    .addHelpText(
      'after',
      examples(
        'rollcall security-events --event login --outcome failure',
        'rollcall security-events --follow --json --after 123 >> events.jsonl',
      ),
    )
    .action(printEvents);
}

function parseId(text: string): string {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError('It must be the id of an event.');
  return text;
}

async function printEvents({ url, follow, json, ...filter }: EventsOptions): Promise<void> {
  const operator = await OperatorClient.open(url, readEnvironment());
  const stopping = new AbortController();
  const printed = printRecords(readEvents(operator, filter, follow ? stopping.signal : null), columns, json === true);
  if (!follow) return printed;
  const stopped = onSignal(async () => {
    stopping.abort();
    await printed;
  });
  await Promise.race([printed, stopped]);
}

/** @param following aborts when the reader stops; null to stop at the last event */
async function* readEvents(
  operator: OperatorClient,
  { after, event, outcome, organization }: Omit<EventsOptions, 'url' | 'follow' | 'json'>,
  following: AbortSignal | null,
): AsyncGenerator<readonly SecurityEvent[]> {
  const filter = { ...(event && { event }), ...(outcome && { outcome }), ...(organization && { organization }) };
  for (let at = after; !following?.aborted; ) {
    const response = await operator.request('GET', `/security-events/?${new URLSearchParams({ ...filter, after: at, limit: '1000' })}`);
    if (response.status !== 200) throw refusal('The security events cannot be read', response);
    const { rows, next } = response.body as ResponseOf<typeof securityEventRunShape>;
    at = next;
    if (rows.length > 0) yield rows;
    else if (following === null) return;
    else await sleep(followMs, null, { signal: following }).catch(() => {});
  }
}
