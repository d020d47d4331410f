import type { AuditEntryRecord, MemberRecord, MemberUser, OrgState } from '@rollcall/protocol';
import { type Actor, userIdOf } from '../../domain/actor.ts';
import { auditEntryWithoutAddresses, hidesAddressesFrom, userWithoutAddress, withoutAddresses } from '../../domain/audience.ts';

/**
 * Who a REST answer is for, as far as it decides what is shown. Everything in `http/present` that shows a person asks for
 * one, and starts from the record as it projects it, so that REST shows what the socket does (case S-17).
 */
export interface Onlooker {
  readonly hidesAddresses: boolean;
  /** Their own address is theirs to see. */
  readonly userId: string | null;
}

export const operatorOnlooker: Onlooker = { hidesAddresses: false, userId: null };

/** @param caller with the state they are authorized by */
export function onlookerOf({ state, actor }: { readonly state: OrgState; readonly actor: Actor }): Onlooker {
  return { hidesAddresses: hidesAddressesFrom(state, actor), userId: userIdOf(actor) };
}

export function memberSeenBy({ hidesAddresses, userId }: Onlooker, member: MemberRecord): MemberRecord {
  const isOwn = userId !== null && member.user?.id === userId;
  return hidesAddresses && !isOwn ? withoutAddresses(member) : member;
}

export function userSeenBy({ hidesAddresses, userId }: Onlooker, user: MemberUser): MemberUser {
  return hidesAddresses && user.id !== userId ? userWithoutAddress(user) : user;
}

export function auditEntrySeenBy({ hidesAddresses }: Onlooker, entry: AuditEntryRecord): AuditEntryRecord {
  return hidesAddresses ? auditEntryWithoutAddresses(entry) : entry;
}
