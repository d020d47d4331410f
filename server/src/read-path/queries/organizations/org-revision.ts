import { formatOrgRevision, OrgError } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readHeads } from '../../../database/records/read-log.ts';

/**
 * An organization's current revision, in the format of `X-Org-Revision`.
 * @throws OrgError `not-found`
 */
export async function readOrgRevision(db: Db, orgId: string): Promise<string> {
  const [head] = await readHeads(db, [orgId]);
  if (!head) throw new OrgError('not-found', 'The requested resource does not exist');
  return formatOrgRevision(head);
}
