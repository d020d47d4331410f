import type { AuditEventName } from '../audit-events.ts';
import type { auditEntryShape, ResponseOf } from './shapes/index.ts';

export type RestAuditEntry = ResponseOf<typeof auditEntryShape>;

export interface AuditFilter {
  readonly event?: AuditEventName;
  /** A user's id. */
  readonly actor?: string;
  /** ISO 8601. */
  readonly start?: string;
  readonly end?: string;
  /** `24h` or `14d`, instead of `start` and `end`. */
  readonly statsPeriod?: string;
}
