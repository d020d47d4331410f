import type { IntegrationProvider } from '@rollcall/protocol';
import type { Db } from '../../database/database.ts';
import { openOrgSecrets, removeOrgSecrets } from '../../database/organizations/org-secrets.ts';
import { findIntegrationByExternalId } from '../../database/outlets/mappings.ts';
import { claimRevocations, type ProviderRevocation, removeRevocation } from '../../database/outlets/provider-revocations.ts';
import type { DirectoryConnection } from '../../directories/directory.ts';
import { openConnection } from '../../directories/stored-connection.ts';
import type { Log } from '../../runtime/log.ts';
import { startSweep } from '../../runtime/start-sweep.ts';
import { ownerOfSecrets } from '../../write-path/commands/integrations/integration-rows.ts';

/**
 * Ends a former connection of an integration at its provider, by its stored secrets. Resolves if
 * the connection has ended, also if it had ended before. Rejects if it should be tried again; the
 * error contains no secret.
 */
export type Revoke = (connection: DirectoryConnection) => Promise<void>;

export interface RevocationParts {
  readonly db: Db;
  /** The server's SECRET. */
  readonly key: string;
  readonly log: Log;
  /** Without the providers whose connections need no end, or that are not configured. */
  readonly revokes: Readonly<Partial<Record<IntegrationProvider, Revoke>>>;
}

const intervalMs = 5_000;
/** With the doubled waits, about three days. Then the secrets are removed all the same. */
const attemptsMax = 13;

const serverStops = new Error('The server is stopping.');

/**
 * Ends the former connections of integrations at their providers: those of removed integrations, of
 * removed organizations, and those that another connection replaced. Dispose the result to stop,
 * without waiting for calls in progress: an instance repeats them.
 */
export function startRevocations(parts: RevocationParts): AsyncDisposable {
  let stop = () => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(serverStops);
  });
  stopped.catch(() => {});
  const sweep = startSweep(intervalMs, () =>
    revokeRemoved(parts, stopped).catch((error: unknown) => {
      parts.log.warn({ error: String(error) }, 'could not look for former connections of integrations; the next sweep tries again');
    }),
  );
  return {
    async [Symbol.asyncDispose]() {
      stop();
      await sweep[Symbol.asyncDispose]();
    },
  };
}

async function revokeRemoved(parts: RevocationParts, stopped: Promise<never>): Promise<void> {
  const claimed = await claimRevocations(parts.db);
  await Promise.all(
    claimed.map(async ({ attempts, ...revocation }) => {
      try {
        await Promise.race([revoke(parts, revocation), stopped]);
      } catch (error) {
        if (error === serverStops) return;
        const { orgId, provider } = revocation;
        const isLast = attempts >= attemptsMax;
        const text = `could not end a former connection of an integration${isLast ? '' : '; it is tried again'}`;
        parts.log.warn({ orgId, provider, attempts, error: String(error) }, text);
        if (!isLast) return;
      }
      await forget(parts.db, revocation);
    }),
  );
}

async function revoke(parts: RevocationParts, revocation: ProviderRevocation): Promise<void> {
  const connection = await openConnection(parts, revocation);
  if (!(await isInUse(parts, revocation, connection))) await parts.revokes[revocation.provider]?.(connection);
}

/**
 * Whether a later connection has the values of the former one. Slack returns the same token while
 * it is valid, and GitHub keeps the installation. GitLab issues other tokens, although the path of
 * the former webhook may still be stored. A connection that is made while this calls the provider
 * ends there, and must be made once more.
 */
async function isInUse(
  { db, key }: RevocationParts,
  { integrationId, provider, externalId }: ProviderRevocation,
  { secrets }: DirectoryConnection,
): Promise<boolean> {
  const later = await findIntegrationByExternalId(db, provider, externalId);
  // The integrations of a removed organization are deleted later than this runs.
  if (!later || later.record.id === integrationId) return false;
  const used = await openOrgSecrets(db, key, ownerOfSecrets(later.orgId, later.record.id));
  return Object.entries(secrets).every(([name, text]) => used.get(name) === text);
}

async function forget(db: Db, { orgId, integrationId }: ProviderRevocation): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await removeOrgSecrets(tx, ownerOfSecrets(orgId, integrationId));
    await removeRevocation(tx, integrationId);
  });
}
