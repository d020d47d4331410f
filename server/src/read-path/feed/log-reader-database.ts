import type { OrgState } from '@rollcall/protocol';
import { readPresence } from '../../database/organizations/removals.ts';
import { type OrganizationCaller, readStatesOfCallers } from '../../database/records/caller-state-read.ts';
import { readChangedHeads } from '../../database/records/read-changed-heads.ts';
import { readEntries, readHeads, readHeadsWithSeal } from '../../database/records/read-log.ts';
import { readRecordsPage } from '../../database/records/records-in-pages.ts';
import { readMembers } from '../../database/records/records-read.ts';
import { findOrgTokens } from '../../database/tokens/org-tokens.ts';
import { findOrganizationIds } from '../queries/organizations/find-organization.ts';
import { BatchedReads } from './batched-reads.ts';
import type { FeedDeps } from './feed-deps.ts';
import { readFeedStarts, type TrustedReads } from './feed-starts.ts';
import type { FeedStart, LogReader } from './log-reader.ts';

/** Organizations whose feeds open together. More would wait for each other without saving much. */
const startsMax = 100;
/** The callers whose access is evaluated together. */
const callersMax = 200;

/** Reads the log and the records from the tables to which the write path writes them. */
export function logReaderOf({ reads, trust }: TrustedReads, { clock, counters }: Pick<FeedDeps, 'clock' | 'counters'>): LogReader {
  const starts = new BatchedReads<string, FeedStart | null>(clock, startsMax, async (orgIds) => {
    counters.increment('feedReads');
    const found = await readFeedStarts({ reads, trust }, orgIds);
    return orgIds.map((orgId) => found.get(orgId) ?? null);
  });
  const callerStates = new BatchedReads<OrganizationCaller, OrgState | null>(clock, callersMax, (callers) =>
    trust.read(reads, (tx) => readStatesOfCallers(tx, callers)),
  );
  return {
    async readHeads(orgIds) {
      const { heads, reading } = await readHeadsWithSeal(reads, orgIds);
      trust.assert(reading);
      return heads;
    },
    async readChangedHeads(since, orgIds) {
      const reading = await readChangedHeads(reads, since, orgIds);
      trust.assert(reading.reading);
      return reading;
    },
    readStart: (orgId) => starts.read(orgId),
    async readAbsence(orgId) {
      const { result, reading } = await trust.readWithSeal(reads, (tx) => readPresence(tx, orgId));
      return { ...result, streamEpoch: reading.stream_epoch ?? '' };
    },
    readRecords: (orgId, kind, after) =>
      trust.read(reads, async (tx) => {
        const [head] = await readHeads(tx, [orgId]);
        if (!head) return null;
        const page = await readRecordsPage(tx, orgId, kind, after);
        return { head, records: page.records.map((record) => ({ kind, record })), after: page.after };
      }),
    readMembersOfUsers: (orgId, userIds) =>
      trust.read(reads, async (tx) => {
        const [head] = await readHeads(tx, [orgId]);
        if (!head) return null;
        return { head, records: (await readMembers(tx, orgId, { userIds })).map((record) => ({ kind: 'member', record })) };
      }),
    readPage: (orgId, fromRevision, toRevision, changesMax) =>
      trust.read(reads, async (tx) => {
        const [head] = await readHeads(tx, [orgId]);
        return head ? { head, entries: await readEntries(tx, orgId, fromRevision, toRevision, changesMax) } : null;
      }),
    findOrgTokens: (keys) => trust.read(reads, (tx) => findOrgTokens(tx, keys)),
    readCallerState: (orgId, userId) => callerStates.read({ orgId, userId }),
    findOrganizationIds: (names) => trust.read(reads, (tx) => findOrganizationIds(tx, names)),
  };
}
