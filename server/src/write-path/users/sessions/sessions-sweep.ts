import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { deleteInBatches } from '../../../database/delete-in-batches.ts';
import { serverStreamId } from '../../../domain/server-stream.ts';
import { startSweep } from '../../../runtime/start-sweep.ts';
import { runCommand, type WritePath } from '../../run-command.ts';
import { endOldSessions, isExpiredOrIdle, sessionsPerSweepMax } from './end-old-sessions.ts';

/**
 * This sweep closes the open sockets of idle sessions, so it runs a few times per hour. A run
 * without such sessions costs one query.
 */
const intervalMs = 10 * 60 * 1000;

/**
 * Ends sessions that expired or were idle for too long, and deletes expired counts of attempts and
 * expired links of mails. Dispose the result to stop.
 * @param signal stops it between two commands
 */
export function startSessionsSweep(path: WritePath, idleDaysMax: number, signal: AbortSignal): AsyncDisposable {
  return startSweep(intervalMs, () =>
    sweepSessions(path, idleDaysMax, signal).catch((error: unknown) => {
      path.log.warn({ error: String(error) }, 'could not remove expired sessions; the next sweep tries again');
    }),
  );
}

export async function sweepSessions(path: WritePath, idleDaysMax: number, signal?: AbortSignal): Promise<void> {
  const { db } = path.database;
  // A command locks the server's own stream, so it runs only if there are sessions to end.
  if (await hasOldSessions(db, idleDaysMax)) {
    while (!signal?.aborted && (await endSome(path, idleDaysMax)) === sessionsPerSweepMax);
  }
  if (!signal?.aborted) await deleteExpired(db);
}

/** Deletes expired counts of attempts and expired links of mails. */
export async function deleteExpired(db: Db): Promise<void> {
  await deleteInBatches(db, 'attempt_limits', sql<boolean>`expire < ${Date.now()}::bigint`);
  await deleteInBatches(db, 'email_tokens', sql<boolean>`expires_at < now()`);
}

export async function hasOldSessions(db: Db, idleDaysMax: number): Promise<boolean> {
  const row = await db
    .selectFrom('sessions')
    .select(sql.lit(1).as('found'))
    .where(isExpiredOrIdle(idleDaysMax))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function endSome(path: WritePath, idleDaysMax: number): Promise<number> {
  const { response } = await runCommand(path, endOldSessions, {
    orgId: serverStreamId,
    actor: { kind: 'system' },
    input: { idleDaysMax },
    requestId: null,
    respond: async (_tx, { ended }) => ({ status: 200, body: ended }),
  });
  return response.body as number;
}
