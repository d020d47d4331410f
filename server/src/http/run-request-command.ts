import { ownerOfStoredBytes } from '../identity/caller.ts';
import type { Command } from '../write-path/command.ts';
import type { Call } from '../write-path/command-call.ts';
import { hasStoredResponse } from '../write-path/idempotency.ts';
import { runCommand } from '../write-path/run-command.ts';
import type { ApiRequest, Reply, WriteContext } from './route.ts';
import type { Services } from './services.ts';

/**
 * Whether the request's Idempotency-Key has a response already. Such a request has no effect (rule
 * W5): `runRequestCommand` returns that response, or refuses the key. So it is not counted as an
 * attempt, because a client that lost the response could not get it again.
 */
export async function isRepeated({ db }: Services, { caller, writeContext, inSlot }: ApiRequest): Promise<boolean> {
  const { idempotencyKey } = writeContext;
  return idempotencyKey !== null && inSlot(() => hasStoredResponse(db, caller.actor, idempotencyKey));
}

/**
 * Runs a command for a request. The reply contains the organization's revision (rule W7).
 * @throws OrgError as `runCommand`; `rate-limited` if the caller has stored too many bytes, or if
 * too many commands of the caller wait
 */
export async function runRequestCommand<Input, Facts, Result>(
  services: Services,
  command: Command<Input, Facts, Result>,
  call: Pick<Call<NoInfer<Input>, Result>, 'orgId' | 'actor' | 'input' | 'malformed' | 'respond'> & { readonly writeContext: WriteContext },
): Promise<Reply> {
  const { actor, orgId, input, writeContext } = call;
  const { writePath, callerLimits } = services;
  const { writes, storedBytes } = callerLimits;
  const owner = ownerOfStoredBytes(actor, orgId);
  const endsAccess = command.endsAccess?.(input) ?? false;
  const { response, orgRevision, committed, bytes } = await writes.run({ actor, owner, endsAccess }, () => {
    storedBytes.assertWithin(owner, endsAccess);
    return runCommand(writePath, command, { ...call, ...writeContext });
  });
  storedBytes.count(owner, bytes);
  if (committed) writeContext.receipt?.add(committed);
  return { headers: { 'X-Org-Revision': orgRevision }, ...response };
}
