import { hidesAddresses, type OrgState } from '@rollcall/protocol';
import { type Actor, isCalling } from './actor.ts';
import { effectiveScopes } from './authorize.ts';

/**
 * Whether addresses are hidden from an actor. Such an actor reads records without addresses, and
 * responses to their writes confirm no address.
 */
export function hidesAddressesFrom(state: OrgState, actor: Actor): boolean {
  if (!isCalling(actor) || actor.kind === 'service') return false;
  return hidesAddresses(state.organization!, effectiveScopes(state, actor));
}
