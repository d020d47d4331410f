import { sql } from 'kysely';
import { oldestUnsentAt, parseConsumerName } from '../../../consumers/checkpoints.ts';
import type { Db } from '../../../database/database.ts';

/** A webhook or an integration that events wait for. */
export interface LateConsumer {
  readonly organization: { readonly id: string; readonly slug: string };
  /** `webhook` or `integration`. */
  readonly kind: string;
  readonly id: string;
  /** The next event. */
  readonly cursor: { readonly revision: number; readonly index: number };
  readonly head: number;
  /** The age of the oldest revision that is not delivered. */
  readonly behindSeconds: number;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly lastError: string | null;
}

interface Row {
  organization_id: string;
  slug: string;
  consumer: string;
  revision: string;
  event_index: number;
  head: string;
  seconds: number;
  attempts: number;
  next_attempt_at: string | null;
  last_error: string | null;
}

/** A server with more late consumers has one cause for all of them. */
const rowsMax = 1_000;

/** The active consumers that are late by `seconds` or more, of all organizations, latest first. */
export async function listLateConsumers(db: Db, seconds: number): Promise<LateConsumer[]> {
  const { rows } = await sql<Row>`
    SELECT organization_id, organizations.slug, consumer, log_consumers.revision, event_index, org_heads.revision AS head,
      floor(extract(epoch FROM clock_timestamp() - oldest.committed_at))::integer AS seconds, attempts, next_attempt_at, last_error
    FROM log_consumers
      JOIN org_heads USING (organization_id)
      JOIN organizations ON organizations.id = organization_id
      CROSS JOIN LATERAL ${oldestUnsentAt} AS oldest
    WHERE is_active AND log_consumers.revision <= org_heads.revision
      AND oldest.committed_at <= clock_timestamp() - make_interval(secs => ${seconds})
    ORDER BY oldest.committed_at, organization_id, consumer
    LIMIT ${rowsMax}`.execute(db);
  return rows.map((row) => {
    const { kind, recordId: id } = parseConsumerName(row.consumer);
    return {
      organization: { id: row.organization_id, slug: row.slug },
      kind,
      id,
      cursor: { revision: Number(row.revision), index: row.event_index },
      head: Number(row.head),
      behindSeconds: row.seconds,
      attempts: row.attempts,
      nextAttemptAt: row.next_attempt_at,
      lastError: row.last_error,
    };
  });
}
