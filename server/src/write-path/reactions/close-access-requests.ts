import type { LogChange } from '@rollcall/protocol';
import type { Tx } from '../../database/database.ts';
import { readAccessRequestsAbout } from '../../database/teams/access-requests.ts';
import { closedAccessRequests, subjectsOfAccessRequests } from '../../domain/teams/closed-access-requests.ts';

/**
 * Write path 3/5, second half: loads the facts for the domain's reaction to a command's changes,
 * and returns its changes.
 */
export async function closeAccessRequests(tx: Tx, orgId: string, changes: readonly LogChange[]): Promise<LogChange[]> {
  const subjects = subjectsOfAccessRequests(changes);
  return subjects ? closedAccessRequests(changes, await readAccessRequestsAbout(tx, orgId, subjects)) : [];
}
