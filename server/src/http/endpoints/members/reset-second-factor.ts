import { resetSecondFactor } from '../../../write-path/commands/members/reset-second-factor.ts';
import { runSystemCommand } from '../../../write-path/run-system-command.ts';
import { endSessions } from '../../../write-path/users/sessions/end-sessions.ts';
import { serverStreamId } from '../../../write-path/users/update-user.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { settleRefresh } from '../identity/settle-refresh.ts';

/** Resets the second factor of a member who lost it (docs/authentication.md). */
export const resetSecondFactorRoutes: readonly Route[] = [
  {
    method: 'DELETE',
    path: '/organizations/:org/members/:member/second-factor/',
    scopes: ['org:admin'],
    needsRecentLogin: true,
    needsFullLogin: true,
    metadata: {
      tag: 'Members',
      id: 'resetSecondFactor',
      summary: 'Reset a member’s second factor',
      description:
        'Removes the authenticator app and the recovery codes of a member who lost them, ends the member’s sessions and mails the member. Requires an owner, and a member who belongs to no other organization. Sessions that began with single sign-on and tokens for one organization are refused. `canReset2fa` in the member’s details is true if the caller may do this.',
      isUnrepeatable: true,
      responses: { 204: null },
    },
    handle: reset,
  },
];

async function reset({ org, caller, params, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { body, headers = {} } = await runRequestCommand(services, resetSecondFactor, {
    orgId: org.id,
    actor: caller.actor,
    input: { member: params.member! },
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (_tx, { userId }) => ({ status: 200, body: userId }),
  });
  const userId = body as string;
  await endAllSessions(services, userId, writeContext);
  await settleRefresh(services, userId, writeContext.requestId);
  return { status: 204, headers };
}

/**
 * The sessions have already expired; this closes their sockets. The sweep repeats what fails here.
 */
async function endAllSessions({ writePath }: Services, userId: string, { requestId, receipt }: ApiRequest['writeContext']): Promise<void> {
  const input = { userId, sessionId: null, endTokens: false };
  try {
    const committed = await runSystemCommand(writePath, endSessions, { orgId: serverStreamId, input, requestId });
    if (committed) receipt?.add(committed);
  } catch (error) {
    writePath.log.warn({ userId, error: String(error) }, 'could not end expired sessions; the next sweep tries again');
  }
}
