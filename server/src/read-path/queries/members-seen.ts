import type { MemberRecord, MemberUser, OrgState } from '@rollcall/protocol';
import { type Actor, isSelf } from '../../domain/actor.ts';
import { hidesAddresses, userWithoutAddress, withoutAddresses } from '../../domain/audience.ts';
import { effectiveScopes } from '../../domain/authorize.ts';

interface Caller {
  /** What they are judged by. */
  readonly state: OrgState;
  readonly actor: Actor;
}

/** Members as a caller may see them over REST: what enhanced privacy hides on the socket is hidden here too, but for oneself (S-17). */
export function membersAsSeenBy({ state, actor }: Caller, members: readonly MemberRecord[]): readonly MemberRecord[] {
  if (!hidesAddressesFrom({ state, actor })) return members;
  return members.map((member) => (isSelf(actor, member) ? member : withoutAddresses(member)));
}

export function usersAsSeenBy(caller: Caller, users: readonly MemberUser[]): readonly MemberUser[] {
  return hidesAddressesFrom(caller) ? users.map(userWithoutAddress) : users;
}

/** Whether enhanced privacy hides addresses from a caller. */
export function hidesAddressesFrom({ state, actor }: Caller): boolean {
  return hidesAddresses(state.organization!, effectiveScopes(state, actor));
}
