import pg from 'pg';

/** The revisions span this many days before now, evenly. */
export const spanDays = 180;

/**
 * Gives organizations a history, and adds others until there are as many as wanted. The entries
 * have no real chain. A feed that opens at the head never reads them.
 * @param watchedIds organizations that exist
 */
export async function fillLog(databaseUrl: string, rows: number, organizations: number, watchedIds: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const each = Math.floor(rows / organizations);
    await client.query(
      `WITH made AS (
        INSERT INTO organizations (id, slug, name, status, default_role, avatar_type, flags, settings, date_created)
        SELECT nextval('record_ids'), 'filled-' || number, 'Filled ' || number, status, default_role, avatar_type, flags, settings, now()
        FROM organizations, generate_series(1, $2::int) AS number WHERE id = $1 RETURNING id
      ) INSERT INTO org_heads (organization_id) SELECT id FROM made`,
      [watchedIds[0], organizations - watchedIds.length],
    );
    await client.query(
      `INSERT INTO change_log (organization_id, revision, idx, command, actor, kind, record_id, before, after, committed_at)
      SELECT organization_id, revision + number, 0, 'filled', 'system', 'filled', '1', NULL, jsonb_build_object('id', '1', 'text', repeat('x', 300)),
        now() - make_interval(secs => ($2::float8 * 86400 * ($1::int - number) / $1::int))
      FROM org_heads, generate_series(1, $1::int) AS number WHERE organization_id <> 0
      ORDER BY organization_id, number`,
      [each, spanDays],
    );
    await client.query('UPDATE org_heads SET revision = revision + $1 WHERE organization_id <> 0', [each]);
    await client.query('VACUUM (ANALYZE)');
  } finally {
    await client.end();
  }
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
