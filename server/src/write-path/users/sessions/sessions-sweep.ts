import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { deleteInBatches } from '../../../database/delete-in-batches.ts';
import { serverStreamId } from '../../../domain/server-stream.ts';
import { type Sweep, sweep } from '../../../runtime/tasks/sweep.ts';
import { runCommand, type WritePath } from '../../run-command.ts';
import { endOldSessions, isExpiredOrIdle, sessionsPerSweepMax } from './end-old-sessions.ts';

/**
 * Ends sessions that expired or were idle for too long, and deletes expired counts of attempts,
 * links of mails and used challenges.
 */
export function sessionsSweep(path: WritePath, idleDaysMax: number): Sweep {
  const { db } = path.database;
  return sweep(path.log, {
    name: 'expired sessions',
    // It closes the open sockets of idle sessions, so it runs a few times per hour. A run without
    // such sessions costs one query.
    every: 10 * 60 * 1_000,
    // A command locks the server's own stream, so it runs only if there are sessions to end.
    find: async () => ((await hasOldSessions(db, idleDaysMax)) ? [{ orgId: serverStreamId }] : []),
    async command(_due, signal) {
      while (!signal?.aborted && (await endSome(path, idleDaysMax)) === sessionsPerSweepMax);
    },
    clean: () => deleteExpired(db),
  });
}

/** Deletes expired counts of attempts, links of mails and used challenges. */
export async function deleteExpired(db: Db): Promise<void> {
  await deleteInBatches(db, 'attempt_limits', sql<boolean>`expire < ${Date.now()}::bigint`);
  await deleteInBatches(db, 'email_tokens', sql<boolean>`expires_at < now()`);
  // An hour later, in case that the clock of an instance is behind: it still accepts the challenge.
  await deleteInBatches(db, 'used_challenges', sql<boolean>`expires_at < now() - interval '1 hour'`);
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
