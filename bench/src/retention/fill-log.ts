import pg from 'pg';
import type { Db } from '../../../server/src/database/database.ts';
import { addAgedRevisions } from '../../../test/support/aged-log.ts';

/** The revisions span this many days before now, evenly. */
export const spanDays = 180;
/** Each statement sorts its rows in memory, and the progress is printed after each. */
const statementRowsMax = 100_000;
/** The real revisions of an organization are added in this many groups of one age. */
const ages = 18;

/**
 * Adds organizations, and gives each of them revisions of about 400 bytes. The rows of all
 * organizations are mixed, as if they had been committed at these times. They have no real chain,
 * because no feed reads them.
 */
export async function fillOthers(databaseUrl: string, organizations: number, revisions: number, templateId: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `WITH made AS (
        INSERT INTO organizations (id, slug, name, status, default_role, avatar_type, flags, settings, date_created)
        SELECT nextval('record_ids'), 'filled-' || number, 'Filled ' || number, status, default_role, avatar_type, flags, settings, now()
        FROM organizations, generate_series(1, $2::int) AS number WHERE id = $1 RETURNING id
      ) INSERT INTO org_heads (organization_id, revision) SELECT id, $3 FROM made RETURNING organization_id`,
      [templateId, organizations, revisions],
    );
    const ids = rows.map(({ organization_id }) => organization_id);
    const step = Math.max(1, Math.floor(statementRowsMax / organizations));
    for (let from = 0; from < revisions; from += step) {
      const to = Math.min(revisions, from + step);
      await client.query(
        `INSERT INTO change_log (organization_id, revision, idx, command, actor, kind, record_id, before, after, committed_at)
        SELECT id, number, 0, 'filled', 'system', 'filled', '1', NULL, jsonb_build_object('id', '1', 'text', repeat('x', 300)),
          now() - make_interval(secs => ($4::float8 * 86400 * ($5::int - number) / $5::int))
        FROM unnest($1::bigint[]) AS id, generate_series($2::int, $3::int) AS number ORDER BY number, id`,
        [ids, from + 1, to, spanDays, revisions],
      );
      console.error(`filled ${to * organizations} of ${revisions * organizations} rows`);
    }
    await client.query('VACUUM (ANALYZE)');
  } finally {
    await client.end();
  }
}

/**
 * Adds revisions with a real chain, which feeds accept, between two ages.
 * @param revisions of the whole span. An even number per group leaves the records as they are.
 */
export async function fillWatched(db: Db, orgIds: readonly string[], revisions: number, [fromDays, toDays]: readonly [number, number]) {
  const groupDays = spanDays / ages;
  const count = 2 * Math.ceil(revisions / ages / 2);
  for (let days = fromDays; days > toDays; days -= groupDays) for (const orgId of orgIds) await addAgedRevisions(db, orgId, count, days);
}

export interface Pruned {
  /** Organizations whose run has ended since the job was started. */
  readonly runs: number;
  readonly rows: number;
}

/** @param since the time of the database when the job was started */
export async function readPruned(client: pg.Client, since: string): Promise<Pruned> {
  const { rows } = await client.query(
    `SELECT count(*)::int AS runs, coalesce(sum((last_result ->> 'history')::bigint), 0)::int AS rows
    FROM retention_runs WHERE organization_id <> 0 AND last_run_at > $1`,
    [since],
  );
  return rows[0];
}

/**
 * Counts the entries that should be deleted: below a floor, or older than a number of days and not
 * among the newest 1,000.
 */
export async function countLeftovers(client: pg.Client, days: number): Promise<number> {
  const { rows } = await client.query(
    `SELECT count(*)::int AS count FROM change_log JOIN org_heads USING (organization_id)
    WHERE organization_id <> 0 AND (change_log.revision <= floor_revision
      OR (committed_at < now() - make_interval(days => $1) AND change_log.revision <= org_heads.revision - 1000))`,
    [days],
  );
  return rows[0].count;
}
