import { requestCallerOf } from '../http/security-events/request-origin.ts';
import type { Services } from '../http/services.ts';
import { type Caller, usesStoredToken } from '../identity/caller.ts';
import type { Recorder } from '../runtime/security-events/recorder.ts';
import type { SocketRefusal } from '../socket/handshake.ts';

/** Records the use of the credential of a socket. */
export function recordSocketUse({ uses }: Services, caller: Caller): void {
  const { actor, credentialId } = caller;
  uses.service(actor);
  if (!usesStoredToken(caller)) return;
  uses.networks.used(credentialId, { caller: requestCallerOf(caller), address: actor.address, orgId: null, requestId: null });
}

const refusals: ReadonlySet<string> = new Set(['unauthenticated', 'expired']);

/** Records the refusal of a credential, or of a socket too many. */
export function recordSocketRefusal(recorder: Recorder, { code, address, caller }: SocketRefusal): void {
  const event = refusals.has(code) ? 'refusal' : code === 'overloaded' ? 'limit' : null;
  if (event === null) return;
  recorder.record({
    ...{ event, kind: code, outcome: 'failure', address },
    caller: caller && requestCallerOf(caller),
    orgId: null,
    requestId: null,
  });
}
