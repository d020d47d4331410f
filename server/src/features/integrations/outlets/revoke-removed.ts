import type { IntegrationProvider } from '@rollcall/protocol';
import type { Db, Tx } from '../../../database/database.ts';
import type { DuePolls } from '../../../database/due-polls.ts';
import { lockOrgSecrets, openOrgSecrets, removeOrgSecrets } from '../../../database/organizations/org-secrets.ts';
import { readLaterConnections } from '../../../database/outlets/mappings.ts';
import type { JobQueue } from '../../../jobs/job-queue.ts';
import { QueueRunner } from '../../../jobs/queue-runner.ts';
import type { Log } from '../../../runtime/log.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { type Sweep, sweep } from '../../../runtime/tasks/sweep.ts';
import { unlessAborted } from '../../../runtime/tasks/unless-aborted.ts';
import { ownerOfSecrets } from '../commands/integration-rows.ts';
import {
  beginCall,
  claimRevocations,
  deleteEndedRevocations,
  endCall,
  endRevocation,
  type ProviderRevocation,
  repeatRevocation,
} from '../database/provider-revocations.ts';
import type { DirectoryConnection } from '../directories/directory.ts';
import { openConnection } from '../directories/stored-connection.ts';

/**
 * Ends a former connection of an integration at its provider, by its stored secrets. Resolves if
 * the connection has ended, also if it had ended before. Rejects if it should be tried again; the
 * error contains no secret.
 */
export type Revoke = (connection: DirectoryConnection) => Promise<void>;

export interface RevocationParts {
  readonly db: Db;
  /** The server's SECRET. */
  readonly key: KeyRing;
  readonly log: Log;
  readonly duePolls: DuePolls;
  /** The configured providers whose connections must be ended. */
  readonly revokes: Readonly<Partial<Record<IntegrationProvider, Revoke>>>;
  readonly intervalMs?: number | undefined;
}

const defaultIntervalMs = 5_000;
/** The calls at the same time. An organization has few integrations. */
const parallelMax = 20;
/**
 * The attempts to end a connection. With waits that double, they span about three days. Then the
 * secrets are removed anyway.
 */
const attemptsMax = 13;

type ClaimedRevocation = ProviderRevocation & { readonly attempts: number };
type Secrets = DirectoryConnection['secrets'];

/**
 * Ends the former connections of integrations at their providers: those of removed integrations, of
 * removed organizations, and those that another connection replaced. Dispose the result to stop,
 * without waiting for calls in progress: an instance repeats them.
 */
export function startRevocations(parts: RevocationParts): AsyncDisposable {
  const { db, log, intervalMs = defaultIntervalMs } = parts;
  const queue: JobQueue<ClaimedRevocation> = {
    name: 'revocations',
    every: intervalMs,
    claim: (running) => (running.length < parallelMax ? claimRevocations(db, parallelMax - running.length) : Promise.resolve([])),
    async execute(claim, { stopping }) {
      await forget(parts, claim, await unlessAborted(stopping, revoke(parts, claim)));
    },
    async fail(claim, error) {
      const { orgId, provider, attempts } = claim;
      const isLast = attempts >= attemptsMax;
      const text = `could not end a former connection of an integration${isLast ? '' : '; it is tried again'}`;
      log.warn({ orgId, provider, attempts, error: String(error) }, text);
      if (isLast) await forget(parts, claim, null);
    },
    // The wait before its next attempt has begun. The provider may have been called.
    async release() {},
  };
  const runner = new QueueRunner(queue, parts);
  runner.start();
  return { [Symbol.asyncDispose]: () => runner.stop() };
}

/** Deletes ended revocations. */
export function endedRevocationsSweep(db: Db, log: Log): Sweep {
  return sweep(log, { name: 'ended revocations', every: 60_000, clean: () => deleteEndedRevocations(db) });
}

/** Returns the secrets that are no longer needed. */
async function revoke(parts: RevocationParts, revocation: ProviderRevocation): Promise<Secrets> {
  const stored = await openConnection(parts, revocation);
  const secrets = { ...stored.secrets };
  const connection: DirectoryConnection = {
    ...stored,
    secrets,
    async replaceSecret(name, replace) {
      secrets[name] = await stored.replaceSecret(name, replace);
      return secrets[name];
    },
  };
  if (await beginCall(parts.db, revocation, (tx) => isInUse(tx, parts.key, revocation, secrets))) {
    try {
      await parts.revokes[revocation.provider]?.(connection);
    } finally {
      await endCall(parts.db, revocation);
    }
  }
  return secrets;
}

/**
 * Whether a later connection has the values of the former one. Slack returns the same token while
 * it is valid, and GitHub keeps the installation. GitLab issues other tokens, although the path of
 * the former webhook may still be stored.
 */
async function isInUse(tx: Tx, key: KeyRing, revocation: ProviderRevocation, secrets: Secrets): Promise<boolean> {
  for (const { orgId, record } of await readLaterConnections(tx, revocation)) {
    // The integrations of a removed organization are deleted later than this runs.
    if (record.id === revocation.integrationId) continue;
    const used = await openOrgSecrets(tx, key, ownerOfSecrets(orgId, record.id));
    if (Object.entries(secrets).every(([name, text]) => used.get(name) === text)) return true;
  }
  return false;
}

/**
 * Removes the secrets. If a token was renewed during the attempt, its successor is ended by another
 * attempt.
 * @param ended null after the last attempt, which failed
 */
async function forget({ db, key }: RevocationParts, revocation: ProviderRevocation, ended: Secrets | null): Promise<void> {
  const owner = ownerOfSecrets(revocation.orgId, revocation.integrationId);
  await db.transaction().execute(async (tx) => {
    await lockOrgSecrets(tx, owner);
    const left = ended === null ? [] : [...(await openOrgSecrets(tx, key, owner))].filter(([name, text]) => ended[name] !== text);
    if (left.length > 0) return repeatRevocation(tx, revocation);
    await removeOrgSecrets(tx, owner);
    await endRevocation(tx, revocation);
  });
}
