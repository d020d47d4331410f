import type { LogChange } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readExternalTeamsOf, readExternalUsersOf } from '../../../database/outlets/mappings.ts';
import { removedMappings, removedParents } from '../domain/removed-mappings.ts';

/** Write path 3/5, second half: removes the mappings of removed members, teams and integrations. */
export async function removeMappings(tx: Tx, orgId: string, changes: readonly LogChange[]): Promise<LogChange[]> {
  const parents = removedParents(changes);
  if (!parents) return [];
  const [users, teams] = await Promise.all([readExternalUsersOf(tx, orgId, parents), readExternalTeamsOf(tx, orgId, parents)]);
  return removedMappings(changes, { users, teams });
}
