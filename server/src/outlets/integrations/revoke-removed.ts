import type { IntegrationProvider } from '@rollcall/protocol';
import type { Db } from '../../database/database.ts';
import { removeOrgSecrets } from '../../database/organizations/org-secrets.ts';
import { findIntegrationByExternalId } from '../../database/outlets/mappings.ts';
import { claimRevocations, type ProviderRevocation, removeRevocation } from '../../database/outlets/provider-revocations.ts';
import type { DirectoryConnection } from '../../directories/directory.ts';
import { openConnection } from '../../directories/stored-connection.ts';
import type { Log } from '../../runtime/log.ts';
import { startSweep } from '../../runtime/start-sweep.ts';
import { ownerOfSecrets } from '../../write-path/commands/integrations/integration-rows.ts';

/**
 * Ends the connection of a removed integration at its provider, by its stored secrets. Resolves if
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

/**
 * Ends the connections of removed integrations at their providers. Dispose the result to stop,
 * without waiting for calls in progress: an instance repeats them.
 */
export function startRevocations(parts: RevocationParts): AsyncDisposable {
  let stop = () => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new Error('The server is stopping.'));
  });
  stopped.catch(() => {});
  const sweep = startSweep(intervalMs, () =>
    revokeRemoved(parts, stopped).catch((error: unknown) => {
      parts.log.warn({ error: String(error) }, 'could not look for removed integrations; the next sweep tries again');
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
        const { orgId, provider } = revocation;
        const isLast = attempts >= attemptsMax;
        const text = `could not end the connection of a removed integration${isLast ? '' : '; it is tried again'}`;
        parts.log.warn({ orgId, provider, attempts, error: String(error) }, text);
        if (!isLast) return;
      }
      await forget(parts.db, revocation);
    }),
  );
}

/**
 * If the organization of GitHub is connected again, its installation is in use. One that is
 * connected while this calls the provider ends there, and must be connected once more. GitLab
 * issues tokens to each connection, so those of a removed one are never in use.
 */
async function revoke({ db, key, revokes }: RevocationParts, { orgId, integrationId, provider, externalId }: ProviderRevocation) {
  if (provider === 'github' && (await findIntegrationByExternalId(db, provider, externalId))) return;
  await revokes[provider]?.(await openConnection({ db, key }, { orgId, integrationId, externalId }));
}

async function forget(db: Db, { orgId, integrationId }: ProviderRevocation): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await removeOrgSecrets(tx, ownerOfSecrets(orgId, integrationId));
    await removeRevocation(tx, integrationId);
  });
}
