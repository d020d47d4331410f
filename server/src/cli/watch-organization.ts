import { connect, type OrganizationHandle, type OrganizationPhase, OrgError } from '@rollcall/client';
import { CliError } from './cli-error.ts';
import { eventAsJson, eventInWords } from './describe-event.ts';
import { readEnvironment, serverUrlFrom } from './environment.ts';
import { onSignal } from './on-signal.ts';
import { ChangesPrinter } from './print-changes.ts';

/**
 * The time to wait for the first snapshot. A server that is starting responds within it. Otherwise
 * the address is wrong.
 */
const firstCopyMsMax = 10_000;

const endedPhases: ReadonlySet<OrganizationPhase> = new Set(['denied', 'refused', 'revoked', 'closed']);

export interface WatchOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: true;
  readonly after?: string;
}

/** Resolves at a signal. */
export async function watchOrganization(org: string, options: WatchOptions): Promise<void> {
  try {
    await watch(org, options);
  } catch (error) {
    throw error instanceof OrgError ? new CliError(error.message) : error;
  }
}

async function watch(org: string, options: WatchOptions): Promise<void> {
  const environment = readEnvironment();
  const url = serverUrlFrom(options.url, environment);
  const token = options.token ?? environment.ROLLCALL_TOKEN;
  if (!token) throw new CliError('A token is required. Set ROLLCALL_TOKEN or --token.');

  using client = connect({ url, token });
  using handle = client.organization(org);
  const isJson = options.json === true;
  const printer = options.after === undefined ? null : new ChangesPrinter(handle, options.after, isJson);
  if (!printer) printLive(handle, isJson);
  const ended = untilEnded(handle);
  ended.catch(() => {});
  await waitForFirstCopy(handle, url, () => client.status.reason);
  handle.on('status', ({ before, after: { phase, reason } }) => {
    if (phase !== before.phase && !endedPhases.has(phase)) console.error(`rollcall: ${phase}${reason ? `, ${reason}` : ''}`);
  });
  const { members, teams, projects, organization } = handle.state;
  const size = `${members.length} members, ${teams.length} teams, ${projects.length} projects`;
  console.error(`Watching ${organization?.slug ?? org} at revision ${handle.status.revision}: ${size}. Press Ctrl-C to stop.`);
  const work = printer ? [ended, printer.run()] : [ended];
  try {
    await Promise.race([...work, onSignal(async () => {})]);
  } finally {
    if (printer && printer.cursor !== options.after) console.error(`To continue, use --after ${printer.cursor}`);
  }
}

function printLive(handle: OrganizationHandle, isJson: boolean): void {
  const print = isJson ? eventAsJson : eventInWords;
  handle.on('change', ({ events }) => {
    for (const event of events) console.log(print(event, handle.state));
  });
}

async function waitForFirstCopy(handle: OrganizationHandle, url: string, reason: () => string | null): Promise<void> {
  try {
    await handle.ready({ signal: AbortSignal.timeout(firstCopyMsMax) });
  } catch (error) {
    if (!(error instanceof OrgError && error.code === 'aborted')) throw error;
    throw new CliError(`The server at ${url} did not send a snapshot within ${firstCopyMsMax / 1_000} s: ${reason() ?? 'no response'}.`);
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
