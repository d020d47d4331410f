import { type Kysely, sql } from 'kysely';

const enqueue = (subject: string) => `
  INSERT INTO jobs (kind, subject, params) ${subject}
  ON CONFLICT (kind, subject) WHERE finished_at IS NULL DO UPDATE
    SET next_attempt_at = clock_timestamp(), attempts = 0, is_repeated = jobs.lease IS NOT NULL OR jobs.progress IS NOT NULL`;

const statements = [
  // During an upgrade, instances of an older version may end between a change and its refresh.
  sql.raw(`CREATE FUNCTION enqueue_refresh() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      ${enqueue(`VALUES ('refresh-members', NEW.user_id::text, '{}')`)};
      RETURN NULL;
    END $$`),
  sql`CREATE TRIGGER refresh_requested AFTER INSERT OR UPDATE ON pending_refreshes
    FOR EACH ROW EXECUTE FUNCTION enqueue_refresh()`,
  sql.raw(enqueue(`SELECT 'refresh-members', user_id::text, '{}' FROM pending_refreshes`)),
];

/** Older versions also refresh the members themselves. A refresh that runs twice is harmless. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
