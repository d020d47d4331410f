import type { LogChange } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import { readExternalIdRecords, readUserExternalIds } from '../../database/identity/external-id-records.ts';
import { externalIdChanges, type MovedUsers, movedUsers } from '../../domain/members/derived-external-ids.ts';
import { reaction } from '../reaction.ts';

/** Adds and removes the external ids of users who became members, or no longer are. */
export const deriveExternalIds = reaction({
  subjectsOf: movedUsers,
  load: readExternalIdChanges,
  decide: (_changes, derived) => derived,
});

/** The changes that bring the organization's records of these users up to date. */
export async function readExternalIdChanges(tx: Tx, orgId: string, { joined, left }: MovedUsers): Promise<LogChange[]> {
  const [stored, current] = await Promise.all([
    readExternalIdRecords(tx, orgId, { subjects: [...joined, ...left] }),
    readUserExternalIds(tx, joined),
  ]);
  return externalIdChanges(stored, current);
}
