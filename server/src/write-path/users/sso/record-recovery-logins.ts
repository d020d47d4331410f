import { OrgError } from '@rollcall/protocol';
import { userActor } from '../../../domain/actor.ts';
import { recordRecoveryLogin } from '../../commands/single-sign-on/record-recovery-login.ts';
import { runCommand, type WritePath } from '../../run-command.ts';

/**
 * Runs `record-recovery-login` in each organization of which the user is a recovery owner. Call
 * this after opening the session and before sending its cookie. If it fails, no browser has the
 * session.
 */
export async function recordRecoveryLogins(path: WritePath, userId: string, requestId: string | null): Promise<void> {
  const rows = await path.database.db
    .selectFrom('members')
    .select('organization_id')
    .where('user_id', '=', userId)
    .where('is_recovery_owner', '=', true)
    .execute();
  for (const { organization_id: orgId } of rows) {
    const call = { orgId, actor: userActor(userId), input: null, requestId, respond: async () => ({ status: 204 }) };
    await runCommand(path, recordRecoveryLogin, call).catch((error: unknown) => {
      // The organization was removed in between.
      if (!(error instanceof OrgError && error.code === 'not-found')) throw error;
    });
  }
}
