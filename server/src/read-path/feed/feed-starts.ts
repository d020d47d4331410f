import type { PagedKind } from '@rollcall/protocol';
import type { Database, Db } from '../../database/database.ts';
import { readSeal } from '../../database/installation/seal.ts';
import { type Head, readHeads } from '../../database/records/read-log.ts';
import { measureRecords, readRecordsOf } from '../../database/records/records-in-pages.ts';
import { type KindedRecord, readOrganizations } from '../../database/records/records-read.ts';
import { pipeline, readAtOneInstant } from '../../database/transact.ts';
import { recordKindsOf, type SlotCounts, slotsOfCounts, sumSlots } from '../../domain/slots.ts';
import type { FeedStart } from './log-reader.ts';

/**
 * Read path: reads the starts of many feeds together, with one statement for each kind of record
 * that any of the organizations has.
 */

/** Larger organizations are loaded in pages, which have as many records. */
const wholeSlotsMax = 1_000;
/** The slots that one statement reads, of several organizations: about 2 MB of rows. */
const statementSlotsMax = 5_000;

const accessKinds: readonly PagedKind[] = ['auth-provider', 'ip-allow-list'];

/** The reads of a database, and whether their results may be used. */
export type TrustedReads = Pick<Database, 'reads' | 'trust'>;

interface Opening {
  readonly head: Head;
  readonly slots: SlotCounts;
  readonly isWhole: boolean;
  readonly records: KindedRecord[];
}

/**
 * Reads all in one snapshot, with two round trips. Organizations that do not exist are absent.
 */
export async function readFeedStarts({ reads, trust }: TrustedReads, orgIds: readonly string[]): Promise<ReadonlyMap<string, FeedStart>> {
  const { openings, readingKinds, reading } = await readAtOneInstant(reads, async (tx) => {
    const readingSeal = pipeline(readSeal(tx));
    const openings = await readOpenings(tx, orgIds);
    // The end of the transaction is sent together with these statements.
    const readingKinds = batchesBySlots([...openings.values()]).flatMap((batch) => readKinds(tx, batch));
    return { openings, readingKinds, reading: await readingSeal };
  });
  await Promise.all(readingKinds);
  trust.assert(reading);
  const streamEpoch = reading.stream_epoch ?? '';
  return new Map([...openings].map(([orgId, opening]) => [orgId, { ...opening, streamEpoch }]));
}

async function readOpenings(tx: Db, orgIds: readonly string[]): Promise<ReadonlyMap<string, Opening>> {
  const [heads, extents, organizations] = await Promise.all([
    readHeads(tx, orgIds),
    measureRecords(tx, orgIds),
    readOrganizations(tx, orgIds),
  ]);
  const openings = new Map(
    heads.map((head): [string, Opening] => {
      const { counts, settingsBytes } = extents.get(head.orgId)!;
      const slots = slotsOfCounts(counts, settingsBytes);
      return [head.orgId, { head, slots, isWhole: sumSlots(slots) <= wholeSlotsMax, records: [] }];
    }),
  );
  for (const record of organizations) openings.get(record.id)?.records.push({ kind: 'organization', record });
  return openings;
}

/**
 * Larger organizations don't count towards the size of a batch, because only their access records
 * are read.
 */
function batchesBySlots(openings: readonly Opening[]): Opening[][] {
  const batches: Opening[][] = [[]];
  let sum = 0;
  for (const opening of openings) {
    const slots = opening.isWhole ? sumSlots(opening.slots) : 0;
    if (sum + slots > statementSlotsMax) {
      batches.push([]);
      sum = 0;
    }
    batches.at(-1)!.push(opening);
    sum += slots;
  }
  return batches;
}

function readKinds(tx: Db, openings: readonly Opening[]): Promise<void>[] {
  const idsByKind = new Map<PagedKind, string[]>();
  for (const { head, slots, isWhole } of openings) {
    for (const kind of recordKindsOf(slots)) {
      if (isWhole || accessKinds.includes(kind)) idsByKind.set(kind, [...(idsByKind.get(kind) ?? []), head.orgId]);
    }
  }
  const byId = new Map(openings.map((opening) => [opening.head.orgId, opening]));
  const readKind = async (kind: PagedKind, orgIds: readonly string[]) => {
    for (const { orgId, record } of await readRecordsOf(tx, orgIds, kind)) byId.get(orgId)!.records.push({ kind, record });
  };
  return [...idsByKind].map(([kind, orgIds]) => pipeline(readKind(kind, orgIds)));
}
