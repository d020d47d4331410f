import type { Db } from '../../../database/database.ts';
import { type DateWindow, millisecondsOf } from '../window.ts';

export interface StoredDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly attempt: number;
  /** ISO 8601 */
  readonly at: string;
  readonly ms: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly response: string | null;
  readonly nextAttemptAt: string | null;
}

const deliveredMs = millisecondsOf('delivered_at');

/** The attempts to deliver to a webhook or an integration (REST contract 13.10, 13.12). */
export async function listDeliveries(
  db: Db,
  { orgId, consumer }: { readonly orgId: string; readonly consumer: string },
  { isFailed }: { readonly isFailed: boolean },
  window: DateWindow,
): Promise<StoredDelivery[]> {
  // A consumer has one delivery at a time, so the order of ids is that of times.
  const rows = await db
    .selectFrom('deliveries')
    .select(['id', 'event_id', 'event_type', 'attempt', 'delivered_at', 'ms', 'status', 'error', 'response', 'next_attempt_at'])
    .where('organization_id', '=', orgId)
    .where('consumer', '=', consumer)
    .$if(isFailed, (query) => query.where('error', 'is not', null))
    .$if(window.value !== null, (query) => query.where(deliveredMs, window.isPrevious ? '>=' : '<=', window.value!))
    .orderBy('id', window.isPrevious ? 'asc' : 'desc')
    .limit(window.limit)
    .offset(window.offset)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    eventId: row.event_id,
    type: row.event_type,
    attempt: row.attempt,
    at: row.delivered_at,
    ms: row.ms,
    status: row.status,
    error: row.error,
    response: row.response,
    nextAttemptAt: row.next_attempt_at,
  }));
}
