import type { ExternalIdRecord, LogChange, MemberRecord } from '@rollcall/protocol';
import { created, removed, updated } from '../changes.ts';

/**
 * An organization has a record with the external id of each member's user. A command that adds or
 * removes a member's user also adds or removes that record. These functions derive that change from
 * the command's changes.
 */

export interface MovedUsers {
  readonly joined: readonly string[];
  readonly left: readonly string[];
}

/** The users who became members, and the former members. Null if there are none. */
export function movedUsers(changes: readonly LogChange[]): MovedUsers | null {
  const idsOf = (side: 'before' | 'after') =>
    new Set(
      changes.flatMap((change) => {
        const user = change.kind === 'member' ? (change[side] as unknown as MemberRecord | null)?.user : null;
        return user ? [user.id] : [];
      }),
    );
  const [before, after] = [idsOf('before'), idsOf('after')];
  const joined = [...after].filter((id) => !before.has(id));
  const left = [...before].filter((id) => !after.has(id));
  return joined.length + left.length === 0 ? null : { joined, left };
}

/**
 * @param stored the organization's records of these users
 * @param current the external ids of the users among them who are members now
 */
export function externalIdChanges(stored: readonly ExternalIdRecord[], current: readonly ExternalIdRecord[]): LogChange[] {
  const storedById = new Map(stored.map((record) => [record.id, record]));
  const currentIds = new Set(current.map(({ id }) => id));
  return [
    ...stored.filter(({ id }) => !currentIds.has(id)).map((record) => removed('external-id', record)),
    ...current.flatMap((record) => {
      const before = storedById.get(record.id);
      return before ? updated('external-id', before, record) : [created('external-id', record)];
    }),
  ];
}
