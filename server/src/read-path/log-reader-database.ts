import { OrgState } from '@rollcall/protocol';
import { readCallerState } from '../database/caller-state-read.ts';
import type { Db, Tx } from '../database/database.ts';
import { readEntries, readHeads } from '../database/read-log.ts';
import { readAllRecords } from '../database/records-read.ts';
import type { LogReader } from './log-reader.ts';
import { findOrganizationIds } from './queries/find-organization.ts';

/** Reads the log and the records where the write path put them. */
export function logReaderOf(db: Db): LogReader {
  return {
    readHeads: (orgIds) => readHeads(db, orgIds),
    readStart: (orgId) =>
      atOneInstant(db, async (tx) => {
        const [head] = await readHeads(tx, [orgId]);
        return head ? { head, state: OrgState.from(await readAllRecords(tx, orgId)) } : null;
      }),
    readPage: (orgId, fromRevision, toRevision) =>
      atOneInstant(db, async (tx) => {
        const [head] = await readHeads(tx, [orgId]);
        return head ? { head, entries: await readEntries(tx, orgId, fromRevision, toRevision) } : null;
      }),
    readCallerState: (orgId, userId) => readCallerState(db, orgId, userId),
    findOrganizationIds: (names) => findOrganizationIds(db, names),
  };
}

function atOneInstant<T>(db: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read);
}
