import {
  addToChecksum,
  audienceOf,
  emptyChecksum,
  type OrganizationRecord,
  type OrgRecord,
  type OrgRoleId,
  projectRecord,
  scopesOfOrgRole,
} from '@rollcall/protocol';
import type { Db } from '../database/database.ts';
import { readHeads } from '../database/records/read-log.ts';
import { readAllRecords } from '../database/records/record-tables.ts';
import { notFound } from '../domain/authorize.ts';
import { encodeCursor } from './feed/cursor.ts';

/**
 * An organization as one audience sees it, read from the database only. Replicas are compared with
 * it as a reference.
 */
export interface StateOfAudience {
  readonly revision: number;
  readonly cursor: string;
  readonly count: number;
  readonly sum: number;
  readonly records: readonly { readonly kind: string; readonly id: string; readonly record: OrgRecord }[];
}

/**
 * Reads the records at the head that a viewer with this org role receives, with a session and all
 * collections.
 * @throws OrgError `not-found`
 */
export async function readStateOfRole(db: Db, orgId: string, role: OrgRoleId): Promise<StateOfAudience> {
  const { head, found } = await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => ({ head: (await readHeads(tx, [orgId]))[0], found: await readAllRecords(tx, orgId) }));
  const organization = found.find(({ kind }) => kind === 'organization')?.record as unknown as OrganizationRecord | undefined;
  if (!head || !organization) throw notFound();

  const audience = audienceOf(organization, new Set(scopesOfOrgRole(role, organization)), null);
  let checksum = emptyChecksum;
  const records = [];
  for (const { kind, record } of found) {
    const seen = projectRecord(audience, kind, record);
    if (!seen) continue;
    checksum = addToChecksum(checksum, kind, seen);
    records.push({ kind, id: record.id, record: seen });
  }
  const cursor = encodeCursor({ epoch: head.epoch, revision: head.revision, chain: head.chain, audienceKey: audience.key });
  return { revision: head.revision, cursor, ...checksum, records };
}
