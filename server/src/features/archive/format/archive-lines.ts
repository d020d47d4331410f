import { type AuditEntryRecord, canonicalJson, type OrganizationRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import { readAuditPage } from '../../../database/audit/audit-entries.ts';
import type { Db } from '../../../database/database.ts';
import { readEntries, readHeads } from '../../../database/records/read-log.ts';
import { recordTables } from '../../../database/records/record-tables.ts';
import { measureRecords, readRecordsPage } from '../../../database/records/records-in-pages.ts';
import { readOrganization } from '../../../database/records/records-read.ts';
import { type ArchiveHeader, archiveFormat } from './archive-format.ts';

/** External ids belong to the operator, and no member of an organization may see them. */
const hiddenKind = 'external-id';

/**
 * The kinds whose records the file contains. The file also contains the whole audit log, in lines
 * of its own.
 */
const kinds = (Object.keys(recordTables) as (keyof typeof recordTables)[]).filter((kind) => kind !== 'audit-entry' && kind !== hiddenKind);

/** Parsing such a page takes about 8 ms. */
const auditPageMax = 1_000;
/** A revision of an import contains 500 of its lines, so a page has few revisions. */
const revisionsPerPage = 100;

export interface ArchiveOptions {
  readonly version: string;
  readonly withHistory: boolean;
}

export interface ArchiveLines {
  readonly header: ArchiveHeader;
  /** All lines but the last, without line ends. At most a page of them is in memory. */
  readonly lines: AsyncIterable<string>;
}

/**
 * Reads an organization for its file.
 * @param db a repeatable-read transaction, so that all lines show one moment. Without one, compare
 * the header afterwards with `isUnchanged`.
 * @returns null if there is no such organization
 */
export async function readArchive(db: Db, orgId: string, options: ArchiveOptions): Promise<ArchiveLines | null> {
  const found = await readHeader(db, orgId, options);
  if (!found) return null;
  const { header, organization, floorRevision } = found;
  const { revision } = header;
  async function* lines() {
    yield JSON.stringify(header);
    yield recordLine('organization', organization);
    for (const kind of kinds) {
      for await (const record of pagesOf((after) => readRecordsPage(db, orgId, kind, after))) yield recordLine(kind, record);
    }
    for await (const audit of pagesOf((after) => readAudit(db, orgId, after))) yield JSON.stringify({ audit });
    if (!options.withHistory) return;
    for (let from = floorRevision; from < revision; from += revisionsPerPage) {
      for (const { orgId: _, ...entry } of await readEntries(db, orgId, from, Math.min(revision, from + revisionsPerPage))) {
        yield JSON.stringify({ entry: { ...entry, changes: entry.changes.filter(({ kind }) => kind !== hiddenKind) } });
      }
    }
  }
  return { header, lines: lines() };
}

/**
 * Returns whether the organization is unchanged, and none of its old rows were pruned, since its
 * header was read.
 */
export async function isUnchanged(db: Db, { createdAt, ...header }: ArchiveHeader, options: ArchiveOptions): Promise<boolean> {
  const found = await readHeader(db, header.organization.id, options);
  return found !== null && canonicalJson({ ...found.header, createdAt }) === canonicalJson({ ...header, createdAt });
}

interface FoundHeader {
  readonly header: ArchiveHeader;
  readonly organization: OrganizationRecord;
  readonly floorRevision: number;
}

async function readHeader(db: Db, orgId: string, { version, withHistory }: ArchiveOptions): Promise<FoundHeader | null> {
  const [head] = await readHeads(db, [orgId]);
  const organization = await readOrganization(db, orgId);
  if (!head || !organization) return null;
  const { counts: units } = (await measureRecords(db, [orgId])).get(orgId)!;
  const {
    member,
    invite,
    'join-request': joinRequest,
    'audit-entry': _live,
    'user-external-id': _ofUsers,
    'organization-external-id': _ofOrganization,
    ...kindCounts
  } = units;
  const { epoch, revision, chain, floorRevision } = head;
  const rows = await countRows(db, orgId, withHistory ? floorRevision : revision);
  const counts = { ...kindCounts, member: member + invite + joinRequest, ...rows };
  const { slug, name } = organization;
  const createdAt = new Date().toISOString();
  const header: ArchiveHeader = {
    ...{ format: archiveFormat, organization: { id: orgId, slug, name }, revision, epoch, chain, createdAt, server: version, counts },
  };
  return { header, organization, floorRevision };
}

function recordLine(kind: string, record: { readonly id: string }): string {
  return JSON.stringify({ kind, id: record.id, record });
}

interface Page<T> {
  readonly records: readonly T[];
  readonly after: string | null;
}

async function* pagesOf<T>(read: (after: string | null) => Promise<Page<T>>): AsyncGenerator<T> {
  let after: string | null = null;
  do {
    const page: Page<T> = await read(after);
    yield* page.records;
    after = page.after;
  } while (after !== null);
}

async function readAudit(db: Db, orgId: string, after: string | null): Promise<Page<AuditEntryRecord>> {
  const records = await readAuditPage(db, orgId, after ?? '0', auditPageMax);
  return { records, after: records.length < auditPageMax ? null : records.at(-1)!.id };
}

interface RowCounts {
  readonly audit: number;
  readonly identities: number;
  readonly entry: number;
}

/** @param fromRevision Entries after it are counted. Older ones may be waiting for deletion. */
async function countRows(db: Db, orgId: string, fromRevision: number): Promise<RowCounts> {
  const { rows } = await sql<RowCounts>`SELECT
    (SELECT count(*)::int FROM audit_entries WHERE organization_id = ${orgId}) AS audit,
    (SELECT count(*)::int FROM sso_identities WHERE organization_id = ${orgId} AND removed_at IS NULL) AS identities,
    (SELECT count(DISTINCT revision)::int FROM change_log WHERE organization_id = ${orgId} AND revision > ${fromRevision}) AS entry`.execute(
    db,
  );
  return rows[0]!;
}
