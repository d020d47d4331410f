import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import {
  type ChangeAuthenticators,
  type ChangedAuthenticators,
  changeAuthenticators,
} from '../../../write-path/users/second-factors/change-authenticators.ts';
import { serverStreamId } from '../../../write-path/users/update-user.ts';
import type { ApiRequest, Reply } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { sessionOf } from './session-caller.ts';
import { settleRefresh } from './settle-refresh.ts';

interface OwnChange {
  readonly change: Omit<ChangeAuthenticators, 'userId' | 'keptSessionId'>;
  respond(changed: ChangedAuthenticators): Promise<Reply>;
}

/** Changes the caller's authenticators, and waits until their organizations know it. */
export async function changeOwnAuthenticators(
  { caller, writeContext }: ApiRequest,
  services: Services,
  { change, respond }: OwnChange,
): Promise<Reply> {
  const { userId, sessionId } = sessionOf(caller);
  await services.attempts.count(attemptLimits.factorChangesPerUser, userId);
  const reply = await runRequestCommand(services, changeAuthenticators, {
    orgId: serverStreamId,
    actor: caller.actor,
    input: { ...change, userId, keptSessionId: sessionId },
    // The response is not stored anywhere, so a retry could not repeat it.
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: (_tx, changed) => respond(changed),
  });
  await settleRefresh(services, userId, writeContext.requestId);
  return reply;
}
