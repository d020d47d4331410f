import { type Actor, operatorNameOf } from '../../domain/actor.ts';
import type { EventCaller } from '../../runtime/security-events/security-event.ts';

/**
 * The caller of a security event, by ids only. A write does not know the credential of a user. What
 * the server does for an operator is an act of that operator.
 */
export function eventCallerOf(actor: Actor): EventCaller {
  switch (actor.kind) {
    case 'user':
      return { kind: 'user', id: actor.userId, credential: null };
    case 'org-token':
    case 'service':
      return { kind: actor.kind, id: actor.tokenId, credential: { kind: 'token', id: actor.tokenId } };
    case 'operator':
    case 'system': {
      const name = operatorNameOf(actor);
      return { kind: name === null ? 'system' : 'operator', id: name, credential: null };
    }
  }
}
