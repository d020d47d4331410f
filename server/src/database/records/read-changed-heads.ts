import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { sealColumns, sealTables } from '../installation/seal.ts';
import type { SealReading } from '../installation/seal-reading.ts';
import { prepared } from '../prepared.ts';
import { type Head, headFromRow } from './read-log.ts';

/** Some heads, and which transactions the query saw. */
export interface HeadsReading {
  /**
   * The start of the database server, the database's id there, and the file of `org_heads`. A
   * promoted standby and a restored backup have another value, also a backup that was restored on
   * the same server. Their transaction ids don't continue those of the former database. Null on a
   * standby, whose snapshots don't contain the transactions in progress. An address that moves to
   * another server may reach it before its promotion.
   */
  readonly database: string | null;
  /** PostgreSQL's `pg_snapshot`: `xmin:xmax:xid,…`. */
  readonly snapshot: string;
  /** The heads by organization. Null if the organization does not exist. */
  readonly heads: ReadonlyMap<string, Head | null>;
}

export interface SealedReading extends HeadsReading {
  readonly reading: SealReading;
}

interface HeadRow extends SealReading {
  database: string | null;
  snapshot: string;
  /** Null if no head was wanted. */
  organization_id: string | null;
  /** Null if the organization does not exist. Then the other columns are null too. */
  epoch: string | null;
  revision: string;
  floor_revision: string;
  chain: string;
}

/**
 * Reads the heads of the given organizations, and of all organizations with a revision whose
 * transaction was committed since an earlier reading, or whose head was deleted or got a new epoch.
 * @param since the snapshot of the earlier reading, on the same database. Null reads only the given
 * organizations.
 */
export async function readChangedHeads(db: Db, since: string | null, orgIds: readonly string[]): Promise<SealedReading> {
  const rows = await selectHeads(db, since, orgIds);
  const { database, snapshot, seal, seal_xmin, stream_epoch } = rows[0]!;
  const heads = new Map<string, Head | null>();
  for (const { organization_id, epoch, ...row } of rows) {
    if (organization_id !== null) heads.set(organization_id, epoch === null ? null : headFromRow({ ...row, organization_id, epoch }));
  }
  return { database, snapshot, heads, reading: { seal, seal_xmin, stream_epoch } };
}

/**
 * An earlier reading saw neither the ids from its xmax on nor those that were in progress. So a
 * transaction that commits later than younger ones is found too, and one that stays open for hours
 * costs the probe of one id. The upper limit leaves out the ids of a restored dump, which are those
 * of another server.
 */
const selectHeads = prepared((db, since: string | null, orgIds: readonly string[]) =>
  sql<HeadRow>`
    WITH wanted AS (
      SELECT unnest(${orgIds}::bigint[]) AS organization_id
      UNION SELECT organization_id FROM change_log
        WHERE idx = 0 AND xid >= pg_snapshot_xmax(${since}::pg_snapshot) AND xid < pg_snapshot_xmax(pg_current_snapshot())
      UNION SELECT organization_id FROM change_log
        WHERE idx = 0 AND xid = ANY (ARRAY(SELECT pg_snapshot_xip(${since}::pg_snapshot)))
      UNION SELECT head_id FROM moved_heads
        WHERE xid >= pg_snapshot_xmax(${since}::pg_snapshot) AND xid < pg_snapshot_xmax(pg_current_snapshot())
      UNION SELECT head_id FROM moved_heads
        WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(${since}::pg_snapshot)))
    )
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN concat_ws(':', extract(epoch FROM pg_postmaster_start_time()),
        (SELECT oid FROM pg_database WHERE datname = current_database()), pg_relation_filenode('org_heads')) END AS database,
      pg_current_snapshot()::text AS snapshot,
      ${sealColumns}, looked.*
    FROM ${sealTables} LEFT JOIN (
      SELECT organization_id, head.epoch, head.revision, head.floor_revision, head.chain
      FROM wanted LEFT JOIN org_heads AS head USING (organization_id)
    ) AS looked ON true`.compile(db),
);
