import {
  type AuditEntryRecord,
  auditEntryWithoutAddresses,
  type MemberRecord,
  type MemberUser,
  type OrgState,
  userWithoutAddress,
  withoutAddresses,
} from '@rollcall/protocol';
import { type Actor, userIdOf } from '../../domain/actor.ts';
import { hidesAddressesFrom } from '../../domain/audience.ts';

/**
 * The recipient of a REST response, as far as it determines which data are shown. Each function in
 * `http/endpoints` that presents a person takes a recipient, and starts from the record that it
 * projects. REST thus shows the same data as the socket (case S-17).
 */
export interface ResponseRecipient {
  readonly hidesAddresses: boolean;
  /** The recipient's user id: users may see their own address. */
  readonly userId: string | null;
}

export const operatorRecipient: ResponseRecipient = { hidesAddresses: false, userId: null };

/** @param caller with the state against which the caller is authorized */
export function recipientOf({ state, actor }: { readonly state: OrgState; readonly actor: Actor }): ResponseRecipient {
  return { hidesAddresses: hidesAddressesFrom(state, actor), userId: userIdOf(actor) };
}

export function memberSeenBy({ hidesAddresses, userId }: ResponseRecipient, member: MemberRecord): MemberRecord {
  const isOwn = userId !== null && member.user?.id === userId;
  return hidesAddresses && !isOwn ? withoutAddresses(member) : member;
}

export function userSeenBy({ hidesAddresses, userId }: ResponseRecipient, user: MemberUser): MemberUser {
  return hidesAddresses && user.id !== userId ? userWithoutAddress(user) : user;
}

export function auditEntrySeenBy({ hidesAddresses }: ResponseRecipient, entry: AuditEntryRecord): AuditEntryRecord {
  return hidesAddresses ? auditEntryWithoutAddresses(entry) : entry;
}
