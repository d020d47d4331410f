import type { Db, Tx } from '../database/database.ts';
import { readCallerState } from '../database/records/caller-state-read.ts';
import { lookAtHeads } from '../database/records/look-at-heads.ts';
import { readEntries, readHeads } from '../database/records/read-log.ts';
import { measureRecords, readRecordsPage } from '../database/records/records-in-pages.ts';
import { type KindedRecord, readMembers } from '../database/records/records-read.ts';
import { findOrgTokens } from '../database/tokens/org-tokens.ts';
import { slotsOfCounts } from '../domain/slots.ts';
import type { LogReader } from './log-reader.ts';
import { findOrganizationIds } from './queries/organizations/find-organization.ts';

/** Reads the log and the records from the tables to which the write path writes them. */
export function logReaderOf(db: Db): LogReader {
  return {
    readHeads: (orgIds) => readHeads(db, orgIds),
    lookAtHeads: (since, orgIds) => lookAtHeads(db, since, orgIds),
    readStart: (orgId) =>
      atOneInstant(db, async (tx) => {
        const [head] = await readHeads(tx, [orgId]);
        if (!head) return null;
        const { counts, settingsBytes } = await measureRecords(tx, orgId);
        const state = await readCallerState(tx, orgId, null);
        return { head, accessRecords: [...(state?.all() ?? [])] as KindedRecord[], slots: slotsOfCounts(counts, settingsBytes) };
      }),
    readRecords: (orgId, kind, after) =>
      atOneInstant(db, async (tx) => {
        const [head] = await readHeads(tx, [orgId]);
        if (!head) return null;
        const page = await readRecordsPage(tx, orgId, kind, after);
        return { head, records: page.records.map((record) => ({ kind, record })), after: page.after };
      }),
    readMembersOfUsers: (orgId, userIds) =>
      atOneInstant(db, async (tx) => {
        const [head] = await readHeads(tx, [orgId]);
        if (!head) return null;
        return { head, records: (await readMembers(tx, orgId, { userIds })).map((record) => ({ kind: 'member', record })) };
      }),
    readPage: (orgId, fromRevision, toRevision) =>
      atOneInstant(db, async (tx) => {
        const [head] = await readHeads(tx, [orgId]);
        return head ? { head, entries: await readEntries(tx, orgId, fromRevision, toRevision) } : null;
      }),
    findOrgTokens: (tokenIds) => findOrgTokens(db, tokenIds),
    readCallerState: (orgId, userId) => readCallerState(db, orgId, userId),
    findOrganizationIds: (names) => findOrganizationIds(db, names),
  };
}

function atOneInstant<T>(db: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read);
}
