import type { LogChange } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import { readExternalIdRecords, readUserExternalIds } from '../../database/identity/external-id-records.ts';
import { externalIdChanges, type MovedUsers, movedUsers } from '../../domain/members/derived-external-ids.ts';

/**
 * Write path 3/5, second half: adds and removes the external ids of users who became members, or
 * no longer are.
 */
export async function deriveExternalIds(tx: Tx, orgId: string, changes: readonly LogChange[]): Promise<LogChange[]> {
  const moved = movedUsers(changes);
  return moved ? readExternalIdChanges(tx, orgId, moved) : [];
}

/** The changes that bring the organization's records of these users up to date. */
export async function readExternalIdChanges(tx: Tx, orgId: string, { joined, left }: MovedUsers): Promise<LogChange[]> {
  const [stored, current] = await Promise.all([
    readExternalIdRecords(tx, orgId, { subjects: [...joined, ...left] }),
    readUserExternalIds(tx, joined),
  ]);
  return externalIdChanges(stored, current);
}
