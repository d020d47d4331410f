import { connect, OrgError, type RollcallClient } from '@rollcall/client';
import { readSecret } from '../../config/secret-files.ts';
import { Semaphore } from '../../runtime/limits/semaphore.ts';
import { CliError } from '../cli-error.ts';
import { readEnvironment, serverUrlFrom } from '../environment.ts';
import { onSignal } from '../on-signal.ts';
import { tokenRemedy, withRemedy } from '../with-remedy.ts';
import type { Output } from './print-changes.ts';
import { WatchCursors } from './watch-cursors.ts';
import { WatchedOrganization } from './watched-organization.ts';

/** A server refuses a credential with more than 500 requests at a time. */
const readsMax = 20;

export interface WatchOptions {
  readonly url?: string;
  readonly token?: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly after: readonly string[];
}

/** Resolves at a signal. */
export async function watchOrganizations(orgs: readonly string[], options: WatchOptions): Promise<void> {
  try {
    await watch([...new Set(orgs)], options);
  } catch (error) {
    throw error instanceof OrgError ? new CliError(withRemedy(error)) : error;
  }
}

async function watch(orgs: readonly string[], { all = false, json = false, ...options }: WatchOptions): Promise<void> {
  if (orgs.length > 0 === all) throw new CliError('Name the organizations to watch, or use --all');
  const environment = readEnvironment();
  const url = serverUrlFrom(options.url, environment);
  const token = options.token ?? readSecret(environment, 'ROLLCALL_TOKEN');
  if (!token) throw new CliError('A token is required. Set ROLLCALL_TOKEN or --token.');
  const cursors = new WatchCursors(options.after, all ? null : orgs);
  const output: Output = {
    isJson: json,
    hasSeveral: all || orgs.length > 1,
    reads: new Semaphore({ concurrentMax: readsMax }),
  };

  using client = connect({ url, token });
  const stopped = onSignal(async () => {});
  if (all) return await watchAll(client, cursors, output, stopped);
  const watched = orgs.map((org) => new WatchedOrganization(client, org, cursors.of(org), output));
  try {
    await Promise.race([stopped, ...watched.map((organization) => organization.runNamed(url))]);
  } finally {
    const next = watched.flatMap((organization) => organization.next());
    if (next.length > 0) console.error(`To continue, use ${next.join(' ')}`);
  }
}

/** An organization that can't be watched, or no longer, doesn't end the others. */
async function watchAll(client: RollcallClient, cursors: WatchCursors, output: Output, stopped: Promise<void>): Promise<void> {
  const { organizations } = client;
  const start = ({ id, slug }: { readonly id: string; readonly slug: string }) => {
    const organization = new WatchedOrganization(client, id, cursors.of(slug) ?? cursors.of(id), output);
    organization.run().catch(({ message }: Error) => {
      if (client.status.phase !== 'closed') console.error(`rollcall: ${slug}: ${message}`);
    });
  };
  const ended = new Promise<never>((_resolve, reject) => {
    client.on('status', ({ after: { phase, reason } }) => {
      if (phase === 'closed') reject(new CliError(`The connection has ended: ${reason ?? phase}. ${tokenRemedy}`));
    });
  });
  ended.catch(() => {});
  await Promise.race([organizations.ready(), ended, stopped]);
  cursors.assertNamed(organizations.list.flatMap(({ id, slug }) => [id, slug]));
  for (const organization of organizations.list) start(organization);
  organizations.on('gained', ({ organization }) => start(organization));
  console.error(`Watching all ${organizations.list.length} organizations. Press Ctrl-C to stop.`);
  client.on('status', ({ after: { phase, reason } }) => {
    if (phase !== 'closed') console.error(`rollcall: ${phase}${reason ? `, ${reason}` : ''}`);
  });
  await Promise.race([ended, stopped]);
}
