import type { MemberRecord, OrgRecord, OrgState } from '@rollcall/protocol';

export function recordsOf<T = OrgRecord>(kind: string, state: OrgState): T[] {
  return [...state.recordsOf(kind).values()] as T[];
}

/** All members, including invites and requests. */
export function membersOf(state: OrgState): MemberRecord[] {
  return recordsOf('member', state);
}
