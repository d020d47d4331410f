import { type Kysely, sql } from 'kysely';

const statements = [
  sql`CREATE TABLE exports (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    -- The user who requested it, or null for the operator.
    requested_by bigint,
    with_history boolean NOT NULL,
    date_created timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- Null until the file is complete.
    finished_at timestamptz,
    attempts int NOT NULL DEFAULT 0,
    -- Why the last attempt failed.
    error text,
    -- Of the complete file.
    revision bigint,
    counts jsonb,
    sha256 text,
    bytes bigint
  )`,
  sql`CREATE INDEX exports_organization_id_idx ON exports (organization_id, date_created)`,
  sql`CREATE INDEX exports_expires_at_idx ON exports (expires_at)`,
  sql`CREATE INDEX exports_unfinished_idx ON exports (date_created) WHERE finished_at IS NULL`,

  // The file, in pieces that any instance can send.
  sql`CREATE TABLE export_pieces (
    export_id bigint NOT NULL REFERENCES exports ON DELETE CASCADE,
    number int NOT NULL,
    bytes bytea NOT NULL,
    CONSTRAINT export_pieces_pkey PRIMARY KEY (export_id, number)
  )`,
];

/** Older versions make no exports. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
