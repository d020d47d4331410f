import { connect, type OrganizationHandle, type OrganizationPhase, OrgError } from '@rollcall/client';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { eventAsJson, eventInWords } from './describe-event.ts';
import { readEnvironment, serverUrlFrom } from './environment.ts';
import { onSignal } from './on-signal.ts';

/**
 * The time to wait for the first snapshot. A server that is starting responds within it. Otherwise
 * the address is wrong.
 */
const firstCopyMsMax = 10_000;

const endedPhases: ReadonlySet<OrganizationPhase> = new Set(['denied', 'revoked', 'closed']);

interface WatchOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: true;
}

export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .description('print each change to an organization as it arrives, one line each')
    .argument('<org>', 'slug or id')
    .option('--url <url>', 'the server (default: ROLLCALL_URL, else the one on this machine)')
    .option('--token <token>', 'a user or organization token (default: ROLLCALL_TOKEN, which other users of this machine cannot see)')
    .option('--json', 'one JSON object a line, for machines')
    .action(watch);
}

async function watch(org: string, options: WatchOptions): Promise<void> {
  const environment = readEnvironment();
  const url = serverUrlFrom(options.url, environment);
  const token = options.token ?? environment.ROLLCALL_TOKEN;
  if (!token) throw new CliError('There is no token: set ROLLCALL_TOKEN, or give --token.');

  using client = connect({ url, token });
  using handle = client.organization(org);
  const print = options.json ? eventAsJson : eventInWords;
  handle.on('change', ({ events }) => {
    for (const event of events) console.log(print(event, handle.state));
  });
  const ended = untilEnded(handle);
  ended.catch(() => {});
  await waitForFirstCopy(handle, url, () => client.status.reason);
  handle.on('status', ({ before, after: { phase, reason } }) => {
    if (phase !== before.phase && !endedPhases.has(phase)) console.error(`rollcall: ${phase}${reason ? `, ${reason}` : ''}`);
  });
  const { members, teams, projects, organization } = handle.state;
  const size = `${members.length} members, ${teams.length} teams, ${projects.length} projects`;
  console.error(`Watching ${organization?.slug ?? org} at revision ${handle.status.revision}: ${size}. Ctrl-C ends.`);
  await Promise.race([ended, onSignal(async () => {})]);
}

async function waitForFirstCopy(handle: OrganizationHandle, url: string, reason: () => string | null): Promise<void> {
  try {
    await handle.ready({ signal: AbortSignal.timeout(firstCopyMsMax) });
  } catch (error) {
    if (!(error instanceof OrgError && error.code === 'aborted')) throw error;
    throw new CliError(`The server at ${url} did not give its state within ${firstCopyMsMax / 1_000} s: ${reason() ?? 'no answer'}.`);
  }
}

/** Rejects when access or the credential ends. */
function untilEnded(handle: OrganizationHandle): Promise<never> {
  return new Promise((_resolve, reject) => {
    handle.on('status', ({ after: { phase, reason } }) => {
      if (endedPhases.has(phase)) reject(new CliError(`Access to the organization has ended: ${reason ?? phase}.`));
    });
  });
}
