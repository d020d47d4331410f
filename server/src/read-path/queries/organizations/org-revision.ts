import { formatOrgRevision, OrgError } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { readHeads } from '../../../database/records/read-log.ts';

/** The revision that an organization is at, as `X-Org-Revision` has it. @throws OrgError `not-found` */
export async function readOrgRevision(db: Db, orgId: string): Promise<string> {
  const [head] = await readHeads(db, [orgId]);
  if (!head) throw new OrgError('not-found', 'The requested resource does not exist');
  return formatOrgRevision(head);
}
